import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { Finding } from '../../model.ts';
import { cut } from '../findings/wording.ts';
import type { Holding } from './state.ts';

/** Holds where there is a finding of this severity: its sentence, and how many more of the same severity there are. */
export function strongest(
  severity: Severity & Holding['assessment'],
  findings: readonly Finding[],
  confidence: number,
): Holding | undefined {
  const found = findings.filter((finding) => finding.severity === severity);
  const [first] = found;
  if (first === undefined) return undefined;
  const more =
    found.length > 1
      ? `; ${found.length - 1} more ${severity} ${found.length === 2 ? 'finding' : 'findings'}`
      : '';
  return { assessment: severity, message: `${cut(first.message, 1024 - more.length)}${more}`, confidence };
}
