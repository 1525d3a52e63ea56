import type { Finding, PodFact, ReviewRequest, Side, Template } from '../model.ts';
import { SIDES } from '../model.ts';
import { visibleJSON } from './escape.ts';
import { estimateTokens } from './tokens.ts';

/** The evidence as a reviewer sees it. */
export interface EvidenceDocument {
  /** One JSON object; findings and templates stand one a line. */
  readonly json: string;
  /** At most the limit, by {@link estimateTokens}. */
  readonly tokens: number;
}

/** Kept free for the counts of what was left out, and for brackets. */
const CLOSING_TOKENS = 60;
/** The facts may take this part of the whole; the findings get the rest. */
const FACTS_SHARE = 0.4;

/**
 * The distilled evidence within a limit of tokens: facts, then findings from the strongest on, whole as long as they fit,
 * then templates that no finding is about; whatever does not fit is counted under `omitted`.
 */
export function evidenceDocument(
  request: ReviewRequest,
  options: { readonly maxTokens: number; readonly redact: (text: string) => string },
): EvidenceDocument {
  const { maxTokens, redact } = options;
  const facts = factsWithin(Math.floor(maxTokens * FACTS_SHARE), request, redact);
  let left = maxTokens - CLOSING_TOKENS - estimateTokens(facts);
  const take = (variants: readonly object[]): string | undefined => {
    for (const variant of variants) {
      const line = visibleJSON(variant);
      const cost = estimateTokens(line) + 1;
      if (cost > left) continue;
      left -= cost;
      return line;
    }
    return undefined;
  };
  const { findings } = request.assessed;
  const findingLines = takeWhile(findings, (finding) => take(findingVariants(finding)));
  const others = otherTemplates(request);
  const templateLines = takeWhile(others, (template) => take([publicTemplate(template)]));
  const omitted = {
    findings: findings.length - findingLines.length,
    templates: others.length - templateLines.length,
  };
  const json = [
    `{"facts":${facts},`,
    `"findings":[${findingLines.join(',\n')}],`,
    `"templates":[${templateLines.join(',\n')}],`,
    `"omitted":${JSON.stringify(omitted)}}`,
  ].join('\n');
  return { json, tokens: estimateTokens(json) };
}

function takeWhile<T>(items: readonly T[], take: (item: T) => string | undefined): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const line = take(item);
    if (line === undefined) break;
    lines.push(line);
  }
  return lines;
}

/** The finding whole, with one sample, and without its texts: the first that fits is shown. */
function findingVariants(finding: Finding): object[] {
  const { id, kind, severity, message, template, stableCount, canaryCount, canaryPods, pValueMillionths } =
    finding;
  const bare = { id, kind, severity, stableCount, canaryCount, canaryPods, pValueMillionths };
  const { samples = [] } = finding;
  return [
    { ...bare, message, template, samples },
    { ...bare, message, template, samples: samples.slice(0, 1) },
    { ...bare, message },
  ];
}

/** Templates that no finding is about: errors first, then what the sides differ in most, then by count. */
function otherTemplates({ assessed, distilled }: ReviewRequest): Template[] {
  const told = new Set(assessed.findings.map(({ templateId }) => templateId));
  const weight = ({ level, stable, canary }: Template): number => {
    const severity = level === 'fatal' || level === 'error' ? 2 : level === 'warn' ? 1 : 0;
    const novel = canary.count > 0 && stable.count + stable.outside === 0 ? 1 : 0;
    return severity * 2 + novel;
  };
  return distilled.templates
    .filter(({ id }) => !told.has(id))
    .sort((a, b) => weight(b) - weight(a) || b.canary.count - a.canary.count);
}

function publicTemplate({ id, level, text, stable, canary }: Template): object {
  const sample = canary.samples[0] ?? stable.samples[0];
  return {
    id,
    level,
    text: text.slice(0, 512),
    stableCount: stable.count,
    canaryCount: canary.count,
    samples: sample === undefined || sample === text ? [] : [sample],
  };
}

/** The facts, their lists shortened until they fit. */
function factsWithin(maxTokens: number, request: ReviewRequest, redact: (text: string) => string): string {
  let json = '';
  for (const items of [10, 5, 2, 0]) {
    json = visibleJSON(factsOf(request, items, redact));
    if (estimateTokens(json) <= maxTokens) return json;
  }
  return json;
}

function factsOf(request: ReviewRequest, items: number, redact: (text: string) => string): object {
  const { assessed, evidence, namespace, rollout } = request;
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : redact(value).slice(0, 200);
  const warnings = evidence.canary.events.filter(({ type }) => type === 'Warning');
  return {
    namespace,
    rollout,
    assessment: assessed.assessment,
    message: assessed.message.slice(0, 512),
    powerPercent: assessed.power,
    exposureUnit: assessed.exposureUnit,
    sides: Object.fromEntries(SIDES.map((side) => [side, sideFacts(side, request, items, text)])),
    change: evidence.change
      .slice(0, items)
      .map(({ path, before, after }) => ({ path: text(path), before: text(before), after: text(after) })),
    moreChanges: Math.max(0, evidence.change.length - items),
    canaryWarnings: warnings
      .slice(0, items)
      .map(({ object, reason, message, count }) => ({ object, reason, message: text(message), count })),
    notSeen: evidence.gaps.slice(0, items).map(text),
    moreNotSeen: Math.max(0, evidence.gaps.length - items),
  };
}

function sideFacts(
  side: Side,
  { assessed, distilled, evidence }: ReviewRequest,
  items: number,
  text: (value: string | undefined) => string | undefined,
): object {
  const { pods, interval } = evidence[side];
  return {
    from: isoInstant(interval.from),
    to: isoInstant(interval.to),
    pods: pods.length,
    podsReady: pods.filter(({ ready }) => ready).length,
    restarts: pods.flatMap(({ containers }) => containers).reduce((sum, { restarts }) => sum + restarts, 0),
    exposure: assessed.exposure[side],
    lines: distilled.lines[side],
    troubledPods: pods
      .filter(isTroubled)
      .slice(0, items)
      .map((pod) => podFacts(pod, text)),
  };
}

function isTroubled({ ready, reason, containers }: PodFact): boolean {
  return !ready || reason !== undefined || containers.some(({ restarts }) => restarts > 0);
}

function podFacts(pod: PodFact, text: (value: string | undefined) => string | undefined): object {
  return {
    name: pod.name,
    phase: pod.phase,
    reason: pod.reason,
    containers: pod.containers
      .filter(({ ready, restarts }) => !ready || restarts > 0)
      .slice(0, 3)
      .map(({ name, state, restarts, waitingReason, waitingMessage, lastTerminated }) => ({
        name,
        state,
        restarts,
        waitingReason,
        waitingMessage: text(waitingMessage),
        lastExit: lastTerminated && { reason: lastTerminated.reason, exitCode: lastTerminated.exitCode },
      })),
  };
}

function isoInstant(instant: number): string | undefined {
  return Number.isFinite(instant) && Math.abs(instant) <= 8.64e15
    ? new Date(instant).toISOString()
    : undefined;
}
