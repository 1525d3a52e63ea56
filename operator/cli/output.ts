import { coverageOf } from '../judge/index.ts';
import type { Finding } from '../model.ts';
import { modelPrompt } from '../review/prompt.ts';
import type { Judged } from './judge.ts';
import { firstLine, printable } from './printable.ts';

/** As long as the word that fences a real prompt. */
const NONCE = '0123456789abcdef01234567';
/** Findings that people are shown; the rest is counted. */
const MAX_SHOWN = 10;

/** One line of JSON: the whole result of a bundle. */
export function jsonLine(judged: Judged): string {
  const { bundle, decision, assessed, distilled, durationMs } = judged;
  return JSON.stringify({
    bundle,
    verdict: decision.verdict,
    reason: decision.reason,
    message: decision.message,
    confidence: decision.confidence,
    assessment: assessed.assessment,
    findings: assessed.findings.map(jsonFinding),
    coverage: coverageOf(judged.evidence, judged.distilled, judged.assessed),
    distilled: {
      tokens: evidenceTokens(judged),
      templates: distilled.templates.length,
      lines: distilled.lines,
      bytes: distilled.bytes,
      redactions: distilled.redactions,
      overflow: distilled.overflow,
    },
    durationMs,
  });
}

function jsonFinding(finding: Finding): object {
  return {
    id: finding.id,
    kind: finding.kind,
    severity: finding.severity,
    template: finding.template ?? null,
    stableCount: finding.stableCount ?? null,
    canaryCount: finding.canaryCount ?? null,
    pValue: finding.pValueMillionths === undefined ? null : finding.pValueMillionths / 1e6,
    samples: finding.samples ?? [],
  };
}

/** The size of the evidence as a reviewer would be shown it, estimated as for a prompt. */
export function evidenceTokens({ evidence, distilled, assessed }: Judged): number {
  const request = { namespace: '', assessed, distilled, evidence };
  return modelPrompt(request, { nonce: NONCE, redact: (text) => text }).evidence.tokens;
}

/** The result of a bundle for people. Control characters of the logs are shown, not obeyed. */
export function text(judged: Judged): string {
  const { bundle, decision, assessed } = judged;
  const coverage = coverageOf(judged.evidence, judged.distilled, judged.assessed);
  const lines = [
    `${bundle}: ${decision.verdict} (${decision.reason}, confidence ${decision.confidence} %)`,
    `  ${decision.message}`,
  ];
  for (const finding of assessed.findings.slice(0, MAX_SHOWN)) {
    lines.push(`  ${finding.id} ${finding.severity} ${finding.kind}: ${finding.message}`);
    const [sample] = finding.samples ?? [];
    if (sample !== undefined) lines.push(`      ${firstLine(sample)}`);
  }
  const more = assessed.findings.length - MAX_SHOWN;
  if (more > 0) lines.push(`  … and ${more} more findings`);
  for (const side of ['stable', 'canary'] as const) {
    const c = coverage[side];
    lines.push(
      `  ${side}: ${c.podsRead} of ${c.podsFound} pods read, ${c.podsReady} ready, ${c.containers} containers, ${c.lines} lines, exposure ${c.exposure} ${coverage.exposureUnit === 'lines' ? 'lines' : 'pod-seconds'}`,
    );
  }
  lines.push(`  assessment ${assessed.assessment}, power ${coverage.power} %, ${judged.durationMs} ms`);
  for (const gap of coverage.gaps) lines.push(`  not seen: ${gap}`);
  return lines.map(printable).join('\n');
}
