import type { JudgeInput } from '../input.ts';

/** Whether "stable never logged it" means anything: there is a baseline, and its logs were read or are known to be empty. */
export function knowsStable({ evidence, distilled }: JudgeInput): boolean {
  return evidence.baseline !== 'None' && (distilled.lines.stable > 0 || evidence.logsComplete.stable);
}
