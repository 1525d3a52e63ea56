import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { SideCoverage } from '../../crds/v1alpha1/status.ts';

/** Why an analysis came to its verdict, as lines for a person. */
export function explain({ status = {} }: CanaryAnalysis): string {
  const { coverage, findings = [], durationSeconds } = status;
  const lines = [`${status.verdict} (${status.reason}) after ${durationSeconds} s: ${status.message}`];
  if (coverage !== undefined) {
    lines.push(
      `seen: stable ${side(coverage.stable)}; canary ${side(coverage.canary)}`,
      `power: ${coverage.power} % chance of noticing a clearly worse canary (compared: ${coverage.stable.exposure} stable and ${coverage.canary.exposure} canary ${coverage.exposureUnit})`,
    );
    for (const gap of coverage.gaps ?? []) lines.push(`not seen: ${gap}`);
  }
  for (const { id, kind, severity, message, samples = [] } of findings.slice(0, 3)) {
    lines.push(`${id} ${severity}, ${kind}: ${message.replace(/ \(pod .*$/, '')}`);
    const [quote] = samples;
    if (quote !== undefined) lines.push(`   "${gist(quote)}"`);
  }
  if (findings.length > 3) lines.push(`and ${findings.length - 3} more findings`);
  return lines.map((line) => `  ${line}\n`).join('');
}

/** What a record says: of a JSON record the message and the head of its stack, else its first line. */
function gist(record: string): string {
  const [, msg] = /"msg":"([^"]*)"/.exec(record) ?? [];
  const [, stack] = /"stack":"([^"\\]*)/.exec(record) ?? [];
  const text =
    msg === undefined ? (record.split('\n', 1)[0] ?? '') : [msg, stack].filter(Boolean).join(' | ');
  return text.slice(0, 160);
}

function side({ podsRead, podsFound, lines, bytes }: SideCoverage): string {
  return `${podsRead} of ${podsFound} pods, ${lines} lines, ${Math.ceil(bytes / 1024)} KiB`;
}
