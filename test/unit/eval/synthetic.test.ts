import { expect } from 'chai';
import { binomialUpperTail } from '../../../operator/judge/statistics/binomial.ts';
import { evaluate, type Outcome } from '../../eval/evaluate.ts';
import { syntheticCases } from '../../eval/synthetic/cases.ts';
import { CLASSES, classNamed } from '../../eval/synthetic/classes.ts';
import { nullRollout } from '../../eval/synthetic/null-rollouts.ts';
import { writePair } from '../../eval/synthetic/pair.ts';
import { erringPair } from '../../eval/synthetic/plans.ts';
import { Random } from '../../eval/synthetic/random.ts';
import { total } from '../../eval/synthetic/service.ts';

/** What a share is called too far from a target for chance: a test that holds its target fails less often than this. */
const CHANCE = 1e-6;
const CASES = 12;
const ROLLOUTS = 20;

/** A new one each run: whatever holds has to hold for all of them. */
const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);

async function outcomesOf(name: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const each of syntheticCases(seed, classNamed(name), CASES))
    outcomes.push(await evaluate(each, { now: () => 0, peers: false }));
  return outcomes;
}

/** Fails when so many would be a wonder if no more than a share of all were meant to be. */
function expectAtMost(
  share: number,
  wrong: readonly { readonly name: string; readonly message: string }[],
  of: number,
): void {
  const chance = binomialUpperTail(wrong.length, of, share);
  const shown = wrong.map(({ name, message }) => `${name}: ${message}`).join('\n');
  expect(chance, `seed ${seed}: ${wrong.length} of ${of}\n${shown}`).to.be.at.least(CHANCE);
}

describe('synthetic pairs', function () {
  this.timeout(120_000);

  it('are the same for the same seed, and others for another', () => {
    for (const made of CLASSES) {
      const files = (of: string): string => JSON.stringify(made.make(new Random(`${of}/${made.name}`)));
      expect(files(seed), made.name).to.equal(files(seed));
      expect(files(seed), made.name).not.to.equal(files(`${seed}-other`));
    }
  });

  it('log errors as often as their truth says, on both sides', () => {
    for (const factor of [1, 2, 5]) {
      let errors = 0;
      let wanted = 0;
      let stableErrors = 0;
      let stableWanted = 0;
      for (let i = 0; i < 12; i++) {
        const random = new Random(`${seed}/truth/${factor}/${i}`);
        const plan = erringPair(random, factor, 60);
        const counted = writePair(random.fork('pair'), {
          ...plan,
          stable: { ...plan.stable, behaviour: { ...plan.stable.behaviour, format: 'plain' } },
          canary: { ...plan.canary, behaviour: { ...plan.canary.behaviour, format: 'plain' } },
        });
        for (const [path, text] of Object.entries(counted)) {
          const found = text.match(/\] ERROR /g)?.length ?? 0;
          if (path.startsWith('canary/')) errors += found;
          else stableErrors += found;
        }
        wanted += plan.canary.requests * total(plan.canary.behaviour.errors);
        stableWanted += plan.stable.requests * total(plan.stable.behaviour.errors);
      }
      // Poisson counts: five standard deviations.
      expect(wanted).to.be.closeTo(12 * 60, 1e-6);
      expect(Math.abs(errors - wanted), `seed ${seed}`).to.be.below(5 * Math.sqrt(wanted));
      expect(Math.abs(stableErrors - stableWanted), `seed ${seed}`).to.be.below(5 * Math.sqrt(stableWanted));
    }
  });
});

describe('the judge on synthetic pairs', function () {
  this.timeout(180_000);

  for (const name of [
    'nothing-changed',
    'new-info',
    'renamed-warning',
    'same-errors',
    'start-up-lines',
    'changed-format',
    'same-statuses',
    'silent-pair',
  ]) {
    it(`promotes nine of ten or more, and aborts one of twenty or less: ${name}`, async () => {
      const outcomes = await outcomesOf(name);
      expectAtMost(
        0.1,
        outcomes.filter(({ verdict }) => verdict !== 'Promote'),
        CASES,
      );
      expectAtMost(
        0.05,
        outcomes.filter(({ verdict }) => verdict === 'Abort'),
        CASES,
      );
    });
  }

  for (const name of ['rate-x5-from-30', 'rare-fatal']) {
    it(`aborts nineteen of twenty or more: ${name}`, async () => {
      const outcomes = await outcomesOf(name);
      expectAtMost(
        0.05,
        outcomes.filter(({ verdict }) => verdict !== 'Abort'),
        CASES,
      );
    });
  }

  for (const name of ['failed-requests', 'low-traffic', 'empty-canary']) {
    it(`never promotes: ${name}`, async () => {
      const promoted = (await outcomesOf(name)).filter(({ verdict }) => verdict === 'Promote');
      expect(
        promoted.map(({ name: which }) => which),
        `seed ${seed}`,
      ).to.deep.equal([]);
    });
  }

  for (const name of ['rate-x2-from-100', 'bad-pod-of-ten', 'latency-x3']) {
    it(`promotes next to none: ${name}`, async () => {
      const outcomes = await outcomesOf(name);
      expectAtMost(
        0.05,
        outcomes.filter(({ verdict }) => verdict === 'Promote'),
        CASES,
      );
    });
  }

  it('is not moved by lines that ask for a promotion', async () => {
    for (const { name, verdict, reason, twin } of await outcomesOf('injected'))
      expect({ verdict, reason }, `seed ${seed}, ${name}`).to.deep.equal(twin);
  });

  it('quotes nothing that the bundle lacks', async () => {
    for (const name of ['rate-x5', 'bad-pod-of-ten', 'rare-fatal'])
      for (const { unfounded, message } of await outcomesOf(name))
        expect(unfounded, message).to.deep.equal([]);
  });

  it('aborts one of twenty rollouts that change nothing, or fewer, however often they measure', async () => {
    const wrong: { name: string; message: string }[] = [];
    for (let i = 0; i < ROLLOUTS; i++) {
      const { name, aborted } = await nullRollout(seed, i);
      if (aborted !== undefined) wrong.push({ name, message: aborted.message });
    }
    expectAtMost(0.05, wrong, ROLLOUTS);
  });
});
