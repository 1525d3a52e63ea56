import type { PodFact, ReviewRequest, Side } from '../model.ts';
import { SIDES } from '../model.ts';
import { visibleJSON } from './escape.ts';
import { estimateTokens } from './tokens.ts';

/** The longest piece of text among the facts, characters. */
const MAX_TEXT = 200;
const MAX_MESSAGE = 512;

/** How the facts are shown. */
export interface FactsOptions {
  /** Lists are shortened until the facts take no more. */
  readonly maxTokens: number;
  /** Makes text that did not come from us fit to be shown, cut to `max` characters. */
  readonly text: (text: string, max: number) => string;
}

/** What is known besides the logs, as one line of JSON: assessment, exposure, pods in trouble, change, warnings, gaps. */
export function evidenceFacts(request: ReviewRequest, { maxTokens, text }: FactsOptions): string {
  const short: Shown = (value) => (value === undefined ? undefined : text(value, MAX_TEXT));
  let json = '';
  for (const items of [10, 5, 2, 0]) {
    const message = text(request.assessed.message, MAX_MESSAGE);
    json = visibleJSON({ ...factsOf(request, items, short), message });
    if (estimateTokens(json) <= maxTokens) return json;
  }
  return json;
}

type Shown = (value: string | undefined) => string | undefined;

function factsOf(request: ReviewRequest, items: number, text: Shown): object {
  const { assessed, evidence, namespace, rollout } = request;
  const warnings = evidence.canary.events.filter(({ type }) => type === 'Warning');
  return {
    namespace: text(namespace),
    rollout: text(rollout),
    assessment: assessed.assessment,
    powerPercent: assessed.power,
    exposureUnit: assessed.exposureUnit,
    sides: Object.fromEntries(SIDES.map((side) => [side, sideFacts(side, request, items, text)])),
    change: evidence.change
      .slice(0, items)
      .map(({ path, before, after }) => ({ path: text(path), before: text(before), after: text(after) })),
    moreChanges: Math.max(0, evidence.change.length - items),
    canaryWarnings: warnings.slice(0, items).map(({ object, reason, message, count }) => ({
      object: text(object),
      reason: text(reason),
      message: text(message),
      count,
    })),
    notSeen: evidence.gaps.slice(0, items).map(text),
    moreNotSeen: Math.max(0, evidence.gaps.length - items),
  };
}

function sideFacts(
  side: Side,
  { assessed, distilled, evidence }: ReviewRequest,
  items: number,
  text: Shown,
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

function podFacts(pod: PodFact, text: Shown): object {
  return {
    name: text(pod.name),
    phase: pod.phase,
    reason: text(pod.reason),
    containers: pod.containers
      .filter(({ ready, restarts }) => !ready || restarts > 0)
      .slice(0, 3)
      .map(({ name, state, restarts, waitingReason, waitingMessage, lastTerminated }) => ({
        name: text(name),
        state,
        restarts,
        waitingReason: text(waitingReason),
        waitingMessage: text(waitingMessage),
        lastExit: lastTerminated && {
          reason: text(lastTerminated.reason),
          exitCode: lastTerminated.exitCode,
        },
      })),
  };
}

function isoInstant(instant: number): string | undefined {
  return Number.isFinite(instant) && Math.abs(instant) <= 8.64e15
    ? new Date(instant).toISOString()
    : undefined;
}
