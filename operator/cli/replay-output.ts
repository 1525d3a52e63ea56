import { printable } from './printable.ts';
import type { Replay } from './replay.ts';

/** One line of JSON: what was said then, what is said now, and where they differ. */
export function replayJson({ name, recorded, decision, assessed, differences }: Replay): string {
  const { findings: _findings, moreFindings: _more, ...before } = recorded;
  return JSON.stringify({
    subject: name,
    changed: differences.length > 0,
    recorded: before,
    now: { ...decision, assessment: assessed.assessment, power: assessed.power },
    differences,
  });
}

/** The same for people. */
export function replayText({ name, recorded, decision, differences }: Replay): string {
  const now = `${decision.verdict} (${decision.reason}, confidence ${decision.confidence} %)`;
  const known = recorded.verdict ?? recorded.assessment;
  const lines =
    known === undefined
      ? [`${name}: ${now}; nothing is recorded to compare it with`, `  ${decision.message}`]
      : differences.length === 0
        ? [`${name}: ${now}, as it was recorded`, `  ${decision.message}`]
        : [
            `${name}: ${now}; recorded is otherwise:`,
            ...differences.flatMap(({ field, before, now: after }) => [
              `  ${field}`,
              `    then: ${before}`,
              `    now:  ${after}`,
            ]),
          ];
  return lines.map(printable).join('\n');
}
