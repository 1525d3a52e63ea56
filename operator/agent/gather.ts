import type { Clock } from '../../crds/client/clock.ts';
import { isCoded } from '../../crds/errors.ts';
import { createDistillTask } from '../distill-worker/index.ts';
import {
  type Cluster,
  collectEvidence,
  DEFAULT_READ_LIMITS,
  evidenceWindow,
  gatherSubject,
  listSides,
  PodObserver,
  type Subject,
} from '../evidence/index.ts';
import { assess } from '../judge/index.ts';
import type { Assessed, Distilled, Evidence, Side } from '../model.ts';
import { START_UP_MS } from '../pods/pod-fact.ts';
import type { Question } from './question.ts';

/** What one collection came to. */
export interface Gathered {
  readonly evidence: Evidence;
  readonly distilled: Distilled;
  readonly assessed: Assessed;
}

/** How evidence is gathered. */
export interface GatherOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  /** How far back, milliseconds. */
  readonly lookbackMs: number;
  /** How long to wait for evidence that is enough to judge by, milliseconds. */
  readonly waitMs: number;
  /** Percent. */
  readonly minPower: number;
  readonly signal: AbortSignal;
}

/** Who to look for: a namespace and selectors of both sides. */
export interface Subjects extends Question {
  readonly namespace: string;
  readonly stableSelector: string;
  readonly canarySelector: string;
}

/** Between two collections, milliseconds; each next pause is twice as long. */
const FIRST_PAUSE_MS = 3000;

/**
 * Collects the evidence of both sides and assesses it; what is Insufficient is collected again until `waitMs` is over.
 * @throws CodedError of the cluster or of the subject; `ABORTED`.
 */
export async function gather(subjects: Subjects, options: GatherOptions): Promise<Gathered> {
  const { clock, waitMs, signal } = options;
  const until = clock.monotonic() + waitMs;
  const observers = { stable: new PodObserver('stable'), canary: new PodObserver('canary') };
  const subject = await subjectOf(subjects, options);
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    const gathered = await collect(subjects, subject, observers, options);
    const left = until - clock.monotonic();
    if (gathered.assessed.assessment !== 'Insufficient' || left <= 0) return gathered;
    await clock.sleep(Math.min(pause, left), signal);
  }
}

/** By the Rollout's revisions, narrowed by the selectors; by these alone where the Rollout is not there, or may not be read. */
async function subjectOf(subjects: Subjects, { cluster, signal }: GatherOptions): Promise<Subject> {
  const { namespace, rollout, stableSelector, canarySelector } = subjects;
  const selectors = { stable: { selector: stableSelector }, canary: { selector: canarySelector } };
  if (rollout !== undefined) {
    try {
      const spec = { ...selectors, rolloutRef: { name: rollout } };
      return await gatherSubject(cluster, { namespace, spec }, signal);
    } catch (error) {
      const cause = isCoded(error) ? error.cause : undefined;
      if (!isCoded(cause, 'API_NOT_FOUND') && !isCoded(cause, 'API_FORBIDDEN')) throw error;
    }
  }
  return gatherSubject(cluster, { namespace, spec: selectors }, signal);
}

async function collect(
  { namespace, look = 1 }: Subjects,
  subject: Subject,
  observers: Readonly<Record<Side, PodObserver>>,
  { cluster, clock, redact, lookbackMs, minPower, signal }: GatherOptions,
): Promise<Gathered> {
  const sides = await listSides(cluster, namespace, subject, signal);
  const now = clock.now();
  observers.stable.observe(sides.stable.pods, now);
  observers.canary.observe(sides.canary.pods, now);
  const { firstStart } = observers.canary;
  const window = evidenceWindow({
    now,
    lookbackMs,
    ...(firstStart === undefined ? {} : { firstStart }),
  });
  const distiller = createDistillTask({
    windows: { stable: window.interval, canary: window.interval },
    startupMs: START_UP_MS,
    startedAt: (source) => {
      const end = observers[source.side].startUpEnd(source);
      return end === undefined ? undefined : end - START_UP_MS;
    },
    signal,
  });
  try {
    const limits = DEFAULT_READ_LIMITS;
    const request = { namespace, window, observers, sides, limits, redact, signal };
    const evidence = await collectEvidence(cluster, request, distiller);
    const distilled = await distiller.result();
    const assessed = assess({ evidence, distilled, minPower, look });
    return { evidence, distilled, assessed };
  } finally {
    await distiller.close();
  }
}
