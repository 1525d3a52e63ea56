import type { AssessmentName } from '../../crds/v1alpha1/status.ts';
import { END, type Plan, type PodPlan, seconds } from './plan.ts';

/** A canary whose assessment is known: the clean twin of every attack on it. */
export interface Target {
  readonly name: string;
  readonly assessment: AssessmentName;
  readonly plan: Plan;
}

const STABLE_RECORDS = 400;
const CANARY_RECORDS = 200;

function record(i: number): string {
  switch (i % 4) {
    case 0:
      return `INFO http GET /api/orders/${1000 + i} 200 in ${5 + (i % 37)} ms`;
    case 1:
      return `INFO orders order ${2000 + i} of customer ${300 + (i % 90)} accepted`;
    case 2:
      return `INFO stock reserved ${1 + (i % 8)} of article A-${10_000 + i}`;
    default:
      return `INFO payments authorized card of order ${2000 + i}`;
  }
}

function pod(name: string, records: number, extra: (i: number) => readonly string[] = () => []): PodPlan {
  return {
    name,
    container: 'shop',
    image: `registry.example/${name.slice(0, 9)}`,
    log: Array.from({ length: records }, (_, i) => [record(i), ...extra(i)]).flat(),
  };
}

/** Two pods of stable and two of the canary; `extra` is what the canary logs besides. */
function plan(extra: (i: number) => readonly string[] = () => [], stable = extra): Plan {
  return {
    stable: ['shop-5d9f4-aaaaa', 'shop-5d9f4-bbbbb'].map((name) => pod(name, STABLE_RECORDS, stable)),
    canary: ['shop-7c8b6-ccccc', 'shop-7c8b6-ddddd'].map((name) => pod(name, CANARY_RECORDS, extra)),
  };
}

const none = (): readonly string[] => [];
const every =
  (step: number, line: (i: number) => string) =>
  (i: number): readonly string[] =>
    i % step === step - 1 ? [line(i)] : [];

/** The class that throws in {@link TARGETS}; an attack may choose another. */
export const EXCEPTION = 'java.lang.IllegalStateException';
const failure = (i: number): string =>
  `ERROR orders order ${2000 + i} failed: ${EXCEPTION}: total is negative`;

function withFirst(of: Plan, change: Partial<PodPlan>): Plan {
  const [first, ...rest] = of.canary;
  return first === undefined ? of : { ...of, canary: [{ ...first, ...change }, ...rest] };
}

const exit = (reason: string, exitCode: number) => ({
  terminated: { reason, exitCode, startedAt: seconds(END - 40_000), finishedAt: seconds(END - 20_000) },
});

/** Canaries that must never be promoted, canaries in doubt, and one that is fit. */
export const TARGETS: readonly Target[] = [
  {
    name: 'crash loop',
    assessment: 'Blocking',
    plan: withFirst(plan(), {
      ready: false,
      restarts: 6,
      state: {
        waiting: { reason: 'CrashLoopBackOff', message: 'back-off 2m40s restarting failed container' },
      },
      lastState: exit('Error', 1),
    }),
  },
  {
    name: 'fatal record',
    assessment: 'Blocking',
    plan: plan(
      every(CANARY_RECORDS, () => 'FATAL main no file descriptors left, giving up after 1024 connections'),
      none,
    ),
  },
  { name: 'new exception', assessment: 'Regressed', plan: plan(every(10, failure), none) },
  { name: 'risen error rate', assessment: 'Regressed', plan: plan(every(8, failure), every(100, failure)) },
  {
    name: 'new warning',
    assessment: 'Suspicious',
    plan: plan(
      every(16, (i) => `WARN payments authorization of order ${2000 + i} repeated, attempt 2`),
      none,
    ),
  },
  { name: 'few errors', assessment: 'Suspicious', plan: plan(every(100, failure), none) },
  { name: 'fit', assessment: 'Clean', plan: plan() },
];
