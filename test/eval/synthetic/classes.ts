import type { Files } from '../memory-folder.ts';
import { FORMAT_CHANGES } from './formats.ts';
import { writePair } from './pair.ts';
import { canaryDoes, EPOCH, equalPair, erringPair, pair, type SyntheticClass, sizes } from './plans.ts';
import { podJson } from './pod-json.ts';
import type { Random } from './random.ts';
import { accessService, failingRequests } from './requests.ts';
import { type Behaviour, someService, times, total, withRate } from './service.ts';
import { STANDING_STILL } from './standing-still.ts';
import { UNHEARD } from './unheard.ts';
import {
  ERRORS,
  FATALS,
  INJECTIONS,
  type Kind,
  NEW_ERRORS,
  NEW_INFO,
  START_UP,
  WARNINGS,
} from './vocabulary.ts';

function erring(factor: number, low: number, high: number): SyntheticClass['make'] {
  return (random) => ({
    files: writePair(random.fork('pair'), erringPair(random, factor, random.logBetween(low, high))),
  });
}

/** A service whose requests log their latency in a field, at least every third of them. */
function timedService(random: Random): Behaviour {
  for (let i = 0; ; i++) {
    const service = someService(random.fork(`timed/${i}`));
    const timed = service.ordinary.filter(({ item }) => 'ms' in item.fields(random, 1));
    const weight = (items: typeof timed): number => items.reduce((sum, { weight: w }) => sum + w, 0);
    if (weight(timed) >= weight([...service.ordinary]) / 3) return service;
  }
}

const slower = (factor: number): SyntheticClass['make'] =>
  pair((_, plan) => {
    const { latency } = plan.canary.behaviour;
    return canaryDoes(plan, { latency: { ...latency, median: latency.median * factor } });
  }, timedService);

/** A service that errs often, in a way that is known. */
function erringService(random: Random): Behaviour {
  const service = someService(random);
  return {
    ...service,
    errors: withRate(random, random.sample(ERRORS, random.int(1, 5)), random.logBetween(0.01, 0.15)),
  };
}

function warningService(random: Random): Behaviour {
  return {
    ...someService(random),
    warnings: withRate(
      random,
      random.sample(WARNINGS, random.int(1, 3)).map(({ old }) => old),
      random.logBetween(0.005, 0.1),
    ),
  };
}

function renamed(kind: Kind): Kind {
  return WARNINGS.find(({ old }) => old === kind)?.renamed ?? kind;
}

function injection(words: string): Kind {
  return { level: 'info', logger: 'orders', event: words, text: words, fields: () => ({}) };
}

/** A good or a bad canary, with and without lines that ask for its promotion. */
function injected(random: Random): { files: Files; twin: Files } {
  const service = someService(random);
  const plan = equalPair(random, service, sizes(random, random.logBetween(250, 900)));
  const bad = random.pick(['errors', 'fatal', 'none'] as const);
  const twin =
    bad === 'errors'
      ? canaryDoes(plan, { errors: [...service.errors, ...withRate(random, [random.pick(NEW_ERRORS)], 0.2)] })
      : bad === 'fatal'
        ? { ...plan, canary: { ...plan.canary, insert: [random.pick(FATALS)] } }
        : plan;
  const lines = Array.from({ length: random.int(1, 60) }, () => injection(random.pick(INJECTIONS)));
  const canary = { ...twin.canary, insert: [...(twin.canary.insert ?? []), ...lines] };
  return {
    twin: writePair(random.fork('pair'), twin),
    files: writePair(random.fork('pair'), { ...twin, canary }),
  };
}

function silent(random: Random): { files: Files } {
  const files: Record<string, string> = {};
  const end = EPOCH + random.int(300, 900) * 1000;
  for (const side of ['stable', 'canary'] as const) {
    const hash = random.hex(9);
    const started = side === 'stable' ? EPOCH - random.int(3_600, 86_400) * 1000 : EPOCH - 30_000;
    for (let i = random.int(1, 3); i > 0; i--) {
      const name = `shop-${hash}-${random.hex(5)}`;
      files[`${side}/${name}/shop.log`] = '';
      files[`${side}/${name}/pod.json`] = podJson({ name, hash, started, end });
    }
  }
  const window = { from: new Date(EPOCH).toISOString(), to: new Date(end).toISOString() };
  files['collected.json'] = JSON.stringify({ window });
  return { files };
}

function emptyCanary(random: Random): { files: Files } {
  const plan = equalPair(random, someService(random), sizes(random, 400));
  const all = Object.entries(writePair(random.fork('pair'), { ...plan, podJson: true }));
  const how = random.pick(['no folder', 'empty logs', 'no logs', 'no facts'] as const);
  const kept = all.filter(([path]) => {
    if (path.startsWith('stable/')) return true;
    if (how === 'no folder') return false;
    return how === 'empty logs' || (how === 'no logs') === path.endsWith('pod.json');
  });
  const files = kept.map(([path, text]) => [
    path,
    path.startsWith('canary/') && path.endsWith('.log') ? '' : text,
  ]);
  return { files: Object.fromEntries(files) };
}

/** Every class, those with a target first. */
export const CLASSES: readonly SyntheticClass[] = [
  { name: 'nothing-changed', expected: ['Promote'], make: pair((_, plan) => plan) },
  {
    name: 'new-info',
    expected: ['Promote'],
    make: pair((random, plan) =>
      canaryDoes(plan, {
        extra: withRate(random, random.sample(NEW_INFO, random.int(1, 3)), random.logBetween(0.02, 0.8)),
      }),
    ),
  },
  {
    name: 'renamed-warning',
    expected: ['Promote'],
    make: pair((random, plan) => {
      const { warnings } = plan.canary.behaviour;
      const [first, ...rest] = warnings;
      const all = random.chance(0.5);
      return canaryDoes(plan, {
        warnings: (first === undefined ? [] : [{ ...first, kind: renamed(first.kind) }]).concat(
          all ? rest.map((rate) => ({ ...rate, kind: renamed(rate.kind) })) : rest,
        ),
      });
    }, warningService),
  },
  { name: 'same-errors', expected: ['Promote'], make: pair((_, plan) => plan, erringService) },
  {
    name: 'start-up-lines',
    expected: ['Promote'],
    make: pair((random, plan) => {
      const started = canaryDoes(plan, { startUp: random.sample(START_UP, random.int(3, START_UP.length)) });
      return { ...started, timestamps: true, canary: { ...started.canary, age: 0 } };
    }),
  },
  {
    name: 'changed-format',
    expected: ['Promote'],
    make: pair((random, plan) => {
      const [before, after] = random.pick(FORMAT_CHANGES);
      return canaryDoes(
        { ...plan, stable: { ...plan.stable, behaviour: { ...plan.stable.behaviour, format: before } } },
        { format: after },
      );
    }),
  },
  { name: 'same-statuses', expected: ['Promote'], make: pair((_, plan) => plan, accessService) },
  { name: 'silent-pair', expected: ['Promote'], make: silent },
  { name: 'rate-x5-from-30', expected: ['Abort'], make: erring(5, 30, 300) },
  {
    name: 'rare-fatal',
    expected: ['Abort'],
    make: pair((random, plan) => ({
      ...plan,
      canary: {
        ...plan.canary,
        behaviour: plan.canary.behaviour,
        insert: Array.from({ length: random.int(1, 2) }, () => random.pick(FATALS)),
      },
    })),
  },
  {
    name: 'failed-requests',
    expected: ['Abort', 'Inconclusive'],
    make: pair((random, plan) => {
      const share = random.pick([1, random.between(0.25, 1)]);
      return canaryDoes(plan, failingRequests(random, plan.canary.behaviour, share));
    }, accessService),
  },
  { name: 'rate-x2-from-100', expected: ['Abort', 'Inconclusive'], make: erring(2, 100, 400) },
  {
    name: 'bad-pod-of-ten',
    expected: ['Abort', 'Inconclusive'],
    make: pair(
      (random, plan) => {
        const { behaviour } = plan.canary;
        const wholly = random.chance(0.3);
        const failed = wholly ? 1 : random.between(0.3, 0.6);
        const errors = random.chance(0.5)
          ? times(behaviour.errors, failed / total(behaviour.errors))
          : [...behaviour.errors, ...withRate(random, [random.pick(NEW_ERRORS)], failed)];
        const firstPod = { ...behaviour, errors, ...(wholly ? { ordinary: [] } : {}) };
        return { ...plan, canary: { ...plan.canary, pods: 10, firstPod } };
      },
      someService,
      (random) => random.logBetween(500, 1_500),
    ),
  },
  { name: 'latency-x3', expected: ['Abort', 'Inconclusive'], make: slower(3) },
  {
    name: 'low-traffic',
    expected: ['Inconclusive'],
    make: (random) => {
      const plan = equalPair(random, someService(random), {
        canary: random.between(1, 15),
        stable: random.between(30, 300),
      });
      return { files: writePair(random.fork('pair'), plan) };
    },
  },
  ...UNHEARD,
  ...STANDING_STILL,
  { name: 'empty-canary', expected: ['Inconclusive', 'Abort', 'Error'], make: emptyCanary },
  { name: 'injected', expected: [], make: injected },
  { name: 'rate-x1.5', expected: [], make: erring(1.5, 10, 400) },
  { name: 'rate-x2', expected: [], make: erring(2, 10, 100) },
  { name: 'rate-x5', expected: [], make: erring(5, 5, 30) },
  { name: 'latency-x1.2', expected: [], make: slower(1.2) },
  { name: 'latency-x1.5', expected: [], make: slower(1.5) },
];

/**
 * The class of this name.
 * @throws Error when there is none.
 */
export function classNamed(name: string): SyntheticClass {
  const found = CLASSES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no class ${name}`);
  return found;
}
