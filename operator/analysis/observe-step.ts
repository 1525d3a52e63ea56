import { randomBytes } from 'node:crypto';
import type { Clock } from '../../crds/client/clock.ts';
import { startDeadline } from '../../crds/client/deadline.ts';
import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { createDistillTask } from '../distill-worker/index.ts';
import {
  collectEvidence,
  DEFAULT_LOG_TIMEOUTS,
  type EvidenceWindow,
  evidenceWindow,
  observedEvidence,
  PodObserver,
  type SideObjects,
  type Subject,
} from '../evidence/index.ts';
import { assess, endsObservation, nextLookAfter } from '../judge/index.ts';
import type { Assessed, Distilled, Evidence, Side } from '../model.ts';
import { START_UP_MS } from '../pods/pod-fact.ts';
import { logFields } from './analysis-log.ts';
import { loadEvidence } from './evidence-store.ts';
import { PodView } from './pod-view.ts';
import type { StepContext } from './resolve-step.ts';
import type { Look } from './siblings.ts';
import { baselineCandidates, type Compared, withBaseline, withoutMarks } from './snapshot-baseline.ts';

/** What one collection came to. */
export interface Gathered {
  readonly evidence: Evidence;
  readonly distilled: Distilled;
  readonly assessed: Assessed;
}

/**
 * Watches the pods and collects until a look on the way may end it ({@link endsObservation}) or the time is over; the last
 * collection is the answer. Looks are spaced ever wider ({@link nextLookAfter}).
 */
export async function observeStep(context: StepContext, subject: Subject, look: Look): Promise<Gathered> {
  const watching = new AbortController();
  const pods = new PodView(context, subject, AbortSignal.any([context.signal, watching.signal]));
  try {
    return await observe(context, look, pods);
  } finally {
    watching.abort();
    await pods.ended;
  }
}

async function observe(context: StepContext, look: Look, pods: PodView): Promise<Gathered> {
  const { deps, deadlines, start, settings } = context;
  const { clock, timings } = deps;
  const observers = {
    stable: new PodObserver('stable', timings.startUpMs),
    canary: new PodObserver('canary', timings.startUpMs),
  };
  const redactionKey = randomBytes(32);
  let trialAfter = timings.firstTrialMs;
  let last: Gathered | undefined;
  let told = false;
  for (;;) {
    const seen = await pods.look();
    const now = clock.now();
    observers.stable.observe(seen.sides.stable.pods, now);
    observers.canary.observe(seen.sides.canary.pods, now);
    if (!told) {
      told = true;
      deps.logger.info('observation began', { ...logFields(context.analysis), pods: countsOf(seen.sides) });
    }
    const { firstStart } = observers.canary;
    /** Nodes whose clocks are ahead stamp their newest lines so. */
    const stamped = now + Math.max(observers.stable.aheadMs, observers.canary.aheadMs);
    const window = evidenceWindow({
      now: stamped,
      lookbackMs: settings.lookbackMs,
      ...(firstStart === undefined ? {} : { firstStart }),
      ...(look.previousEnd === undefined ? {} : { previousEnd: look.previousEnd }),
    });
    const over = now >= deadlines.observed;
    const blocked = (): boolean => isBlocked(context, observers, window, look.look);
    const { settledSince = Infinity } = observers.canary;
    const watched = stamped - Math.max(settledSince, window.interval.from) >= timings.minWatchMs;
    if (over || (now - start >= trialAfter && watched) || blocked()) {
      const sides = seen.listed ? seen.sides : await listed(pods, observers, clock);
      const own = await collect(context, pods, observers, sides, window, look.look, redactionKey);
      const gathered = await compared(context, own, last, look.look);
      if (own.evidence.baseline === 'Pods') last = own;
      const input = { ...gathered, minPower: settings.minPower, look: look.look };
      if (over || endsObservation(input, gathered.assessed)) return gathered;
      trialAfter = nextLookAfter(Math.max(trialAfter, now - start));
    }
    await pods.changed(Math.max(0, Math.min(timings.pollMs, deadlines.observed - clock.now())));
  }
}

/** A list is newer than what a watch has told so far. */
async function listed(
  pods: PodView,
  observers: Readonly<Record<Side, PodObserver>>,
  clock: Clock,
): Promise<Readonly<Record<Side, SideObjects>>> {
  const sides = await pods.list();
  const now = clock.now();
  observers.stable.observe(sides.stable.pods, now);
  observers.canary.observe(sides.canary.pods, now);
  return sides;
}

function countsOf(sides: Readonly<Record<Side, SideObjects>>): Record<Side, number> {
  return { stable: sides.stable.pods.length, canary: sides.canary.pods.length };
}

function isBlocked(
  context: StepContext,
  observers: Readonly<Record<Side, PodObserver>>,
  window: EvidenceWindow,
  look: number,
): boolean {
  const evidence = observedEvidence(observers, window, context.deps.redact);
  const { minPower } = context.settings;
  return assess({ evidence, distilled: NOTHING_LOGGED, minPower, look }).assessment === 'Blocking';
}

async function collect(
  context: StepContext,
  pods: PodView,
  observers: Readonly<Record<Side, PodObserver>>,
  sides: Readonly<Record<Side, SideObjects>>,
  window: EvidenceWindow,
  look: number,
  redactionKey: Uint8Array,
): Promise<Gathered> {
  const { deps, settings, signal } = context;
  const entered = await enterGate(context);
  const distiller = createDistillTask({
    windows: { stable: window.interval, canary: window.interval },
    maxTemplates: settings.maxTemplates,
    startupMs: START_UP_MS,
    redactionKey,
    startedAt: (source) => {
      const end = observers[source.side].startUpEnd(source);
      return end === undefined ? undefined : end - START_UP_MS;
    },
    signal,
  });
  try {
    const evidence = await collectEvidence(
      deps.cluster,
      {
        namespace: namespaceOf(context.analysis),
        window,
        observers,
        sides,
        limits: settings.limits,
        redact: deps.redact,
        relist: () => pods.listOnce(),
        timeouts: timeoutsOf(context),
        deadline: context.deadlines.collected,
        ...(deps.config.logs?.concurrency === undefined ? {} : { concurrency: deps.config.logs.concurrency }),
        signal,
      },
      distiller,
    );
    const distilled = await distiller.result();
    const assessed = assess({ evidence, distilled, minPower: settings.minPower, look });
    return { evidence, distilled, assessed };
  } finally {
    await distiller.close();
    if (entered) deps.gate.leave();
  }
}

/** Waits for a place among those who read logs; without one by the deadline it goes on, with no time left to read any. */
async function enterGate({ deps, deadlines, signal }: StepContext): Promise<boolean> {
  const left = Math.max(0, deadlines.collected - deps.clock.now());
  const deadline = startDeadline(deps.clock, left, signal);
  try {
    await deps.gate.enter(deadline.signal);
    return true;
  } catch (error) {
    if (deadline.expired) return false;
    throw error;
  } finally {
    deadline.dispose();
  }
}

/** Without stable pods: the stable side of an earlier collection of this analysis, else of the newest stored evidence. */
async function compared(
  context: StepContext,
  own: Gathered,
  last: Gathered | undefined,
  look: number,
): Promise<Gathered> {
  const { deps, analysis, settings, signal } = context;
  if (own.evidence.baseline !== 'None') return own;
  const assessedWith = (earlier: Compared, name: string): Gathered => {
    const merged = withBaseline(own, earlier, name);
    return { ...merged, assessed: assess({ ...merged, minPower: settings.minPower, look }) };
  };
  if (last !== undefined) return assessedWith(last, 'what was read of them before');
  for (const candidate of baselineCandidates(analysis, deps.siblings(namespaceOf(analysis)))) {
    const stored = await loadEvidence(deps, candidate, signal).catch((error: unknown) => {
      if (isCoded(error, 'ABORTED')) throw error;
      deps.logger.warn('stored evidence cannot serve as a baseline', {
        analysis: candidate.metadata.name,
        error,
      });
      return undefined;
    });
    if (stored !== undefined) {
      return assessedWith(withoutMarks(stored), `the stored evidence of ${candidate.metadata.name}`);
    }
  }
  return own;
}

function timeoutsOf({ deps }: StepContext) {
  const { headSeconds, idleSeconds, totalSeconds } = deps.config.logs ?? {};
  const ms = (seconds: number | undefined, otherwise: number): number =>
    seconds === undefined ? otherwise : seconds * 1000;
  return {
    headMs: ms(headSeconds, DEFAULT_LOG_TIMEOUTS.headMs),
    idleMs: ms(idleSeconds, DEFAULT_LOG_TIMEOUTS.idleMs),
    totalMs: ms(totalSeconds, DEFAULT_LOG_TIMEOUTS.totalMs),
  };
}

function namespaceOf(analysis: CanaryAnalysis): string {
  return analysis.metadata.namespace ?? '';
}

const NONE: Readonly<Record<Side, number>> = { stable: 0, canary: 0 };

/** What a distiller says that was given nothing. */
const NOTHING_LOGGED: Distilled = {
  templates: [],
  lines: NONE,
  bytes: NONE,
  span: { stable: undefined, canary: undefined },
  lastWords: [],
  redactions: 0,
  overflow: NONE,
  numbers: [],
};
