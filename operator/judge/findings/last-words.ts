import type { ContainerFact, LogSource, Termination } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import { isAbsent } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import { isError } from '../levels.ts';
import { isSameFailure } from '../same-failure.ts';
import type { Draft } from './draft.ts';
import { knowsStable } from './knows-stable.ts';
import { isDisrupted } from './pod-facts.ts';
import { templateFinding } from './template-finding.ts';

/** 128 + SIGTERM and 128 + SIGKILL: ended from outside, unless the kernel killed it for its memory. */
const EXIT_SIGTERM = 143;
const EXIT_SIGKILL = 137;

/**
 * The last error record of a container before it ended itself with a non-zero code, where stable never logged it: one is
 * enough. What stable logs with the same message at the same place is known. Where the vocabulary changed and stable has errors, too, nobody knows:
 * Suspicious.
 */
export function lastWords(input: JudgeInput, { vocabularyChanged }: Comparison): readonly Draft[] {
  if (!knowsStable(input)) return [];
  const { distilled } = input;
  const said = new Map<string, number>();
  for (const { source, templateId } of distilled.lastWords) {
    const end = templateId === undefined ? undefined : endOf(source, input);
    if (templateId !== undefined && end !== undefined && endedItself(end)) said.set(templateId, end.exitCode);
  }
  const ofStable = distilled.templates.filter((one) => isError(one) && !isAbsent(one, 'stable'));
  const severity = vocabularyChanged && ofStable.length > 0 ? 'Suspicious' : 'Blocking';
  return distilled.templates.flatMap((template) => {
    const exitCode = said.get(template.id);
    if (exitCode === undefined || !isAbsent(template, 'stable')) return [];
    if (ofStable.some(({ text }) => isSameFailure(text, template.text))) return [];
    return [
      templateFinding(
        'LastWords',
        severity,
        template,
        input,
        `canary exits with code ${exitCode} after logging`,
      ),
    ];
  });
}

function endOf(source: LogSource, { evidence }: JudgeInput): Termination | undefined {
  if (source.side !== 'canary') return undefined;
  const pod = evidence.canary.pods.find(({ name }) => name === source.pod);
  if (pod === undefined || isDisrupted(pod)) return undefined;
  const container = pod.containers.find(({ name }) => name === source.container);
  if (container === undefined) return undefined;
  return source.previous ? container.lastTerminated : endOfCurrentLog(container);
}

/** While a container waits to be restarted, its current log is that of the run that ended last. */
function endOfCurrentLog({ state, terminated, lastTerminated }: ContainerFact): Termination | undefined {
  if (state === 'terminated') return terminated;
  return state === 'waiting' ? lastTerminated : undefined;
}

function endedItself({ exitCode, reason }: Termination): boolean {
  if (reason === 'OOMKilled') return true;
  return exitCode !== 0 && exitCode !== EXIT_SIGTERM && exitCode !== EXIT_SIGKILL;
}
