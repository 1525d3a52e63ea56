import { FORMAT_CHANGES, type FormatName } from './formats.ts';
import { type PairPlan, writePair } from './pair.ts';
import { canaryDoes, equalPair, erringPair, pair, type SyntheticClass, sizes } from './plans.ts';
import type { Random } from './random.ts';
import { type Behaviour, someService, withRate } from './service.ts';
import { type Kind, NEW_ERRORS } from './vocabulary.ts';

/** A health probe that is answered. */
export const PROBE: Kind = {
  level: 'info',
  logger: 'probes',
  event: 'probe answered',
  text: 'GET /healthz 200 {ms}ms',
  fields: (_, ms) => ({ ms }),
};

const RETRY: Kind = {
  level: 'info',
  logger: 'start',
  event: 'waiting for the database to become available',
  text: 'waiting for the database to become available, attempt {attempt}',
  fields: (random) => ({ attempt: random.int(1, 999) }),
};

/** Besides its work stable answers probes, up to a tenth as often; the canary hardly anything else. */
function probesOnly(random: Random): PairPlan {
  const service = someService(random);
  const work = service.ordinary.reduce((sum, { weight }) => sum + weight, 0);
  const probes = { item: PROBE, weight: work * random.logBetween(0.01, 0.1) };
  const behaviour: Behaviour = { ...service, ordinary: [...service.ordinary, probes] };
  const plan = equalPair(random, behaviour, sizes(random, random.between(60, 400)));
  const idle = canaryDoes(plan, { ordinary: [probes], warnings: [], errors: [] });
  const served = Array.from({ length: random.int(0, 4) }, () => random.weighted(service.ordinary));
  return { ...idle, canary: { ...idle.canary, insert: served } };
}

/** Both sides in another format, and the canary with five times the errors. */
function changedFormat(random: Random, [before, after]: readonly [FormatName, FormatName]): PairPlan {
  const plan = erringPair(random, 5, random.logBetween(30, 300));
  const { stable } = plan;
  return canaryDoes(
    { ...plan, stable: { ...stable, behaviour: { ...stable.behaviour, format: before } } },
    {
      format: after,
    },
  );
}

/** A program whose records have no level, on both sides; a part of the canary's requests fails. */
function unmarked(random: Random): PairPlan {
  const behaviour: Behaviour = { ...someService(random), format: 'bare', warnings: [], errors: [] };
  const plan = equalPair(random, behaviour, sizes(random, random.logBetween(250, 900)));
  const failing = NEW_ERRORS.filter(({ text }) => /failed|rejected/.test(text));
  return canaryDoes(plan, { errors: withRate(random, [random.pick(failing)], random.between(0.1, 0.6)) });
}

/** Canaries that fail where little, or nothing, of it can be heard: silence must not count as health. */
export const UNHEARD: readonly SyntheticClass[] = [
  {
    name: 'probes-only',
    expected: ['Inconclusive'],
    make: (random) => ({ files: writePair(random.fork('pair'), probesOnly(random)) }),
  },
  {
    name: 'stuck-retry',
    expected: ['Inconclusive', 'Abort'],
    make: pair((_, plan) =>
      canaryDoes(plan, { ordinary: [{ item: RETRY, weight: 1 }], warnings: [], errors: [] }),
    ),
  },
  {
    name: 'changed-format-x5',
    expected: ['Abort', 'Inconclusive'],
    make: (random) => ({
      files: writePair(random.fork('pair'), changedFormat(random, random.pick(FORMAT_CHANGES))),
    }),
  },
  {
    name: 'levels-lost-x5',
    expected: ['Abort', 'Inconclusive'],
    make: (random) => ({
      files: writePair(
        random.fork('pair'),
        changedFormat(
          random,
          random.pick([
            ['logback', 'bare'],
            ['logfmt', 'coded'],
            ['python', 'coded'],
          ] as const),
        ),
      ),
    }),
  },
  {
    name: 'unmarked-failures',
    expected: ['Inconclusive', 'Abort'],
    make: (random) => ({ files: writePair(random.fork('pair'), unmarked(random)) }),
  },
];
