import { expect } from 'chai';
import fc from 'fast-check';
import { assess, decide, type JudgeInput } from '../../../../operator/judge/index.ts';
import { wilsonInterval } from '../../../../operator/judge/statistics/wilson.ts';
import type { Evidence, Level, ReviewOutcome, Side, Template } from '../../../../operator/model.ts';
import { container, count, input, opinion, pod, policy, template } from './builders.ts';

const noneConfigured: ReviewOutcome = { kind: 'notConfigured' };
const noneAnswered: ReviewOutcome = { kind: 'unavailable', causes: [] };

const levels = fc.constantFrom<Level>('debug', 'info', 'unknown', 'warn', 'error', 'fatal');
const sideCount = (side: Side) =>
  fc
    .record({
      n: fc.nat(300),
      startup: fc.nat(20),
      outside: fc.nat(10),
      spread: fc.nat(3),
      none: fc.boolean(),
    })
    .map(({ n, startup, outside, spread, none }) => {
      if (none) return count(side, 0);
      const share = Math.floor(n / (spread + 1));
      const pods = Object.fromEntries(
        Array.from({ length: spread + 1 }, (_, i) => [
          `${side}-${i + 1}`,
          i === 0 ? n - share * spread : share,
        ]),
      );
      return count(side, n, { startup: Math.min(startup, n), outside, pods });
    });
const someTemplate = fc.record({ level: levels, stable: sideCount('stable'), canary: sideCount('canary') });
const somePods = (side: Side) =>
  fc
    .array(
      fc.record({
        ready: fc.boolean(),
        seconds: fc.nat(600),
        restarts: fc.nat(4),
        waiting: fc.option(fc.constantFrom('CrashLoopBackOff', 'ImagePullBackOff', 'ContainerCreating')),
      }),
      { maxLength: 4 },
    )
    .map((all) =>
      all.map(({ ready, seconds, restarts, waiting }, i) =>
        pod(side, `${side}-${i + 1}`, {
          ready,
          readySeconds: ready ? seconds : 0,
          readyThroughout: ready && restarts === 0,
          containers: [
            container({
              restarts,
              ...(waiting === null ? {} : { state: 'waiting', waitingReason: waiting, waitingFor: 15_000 }),
            }),
          ],
        }),
      ),
    );
const someInput: fc.Arbitrary<JudgeInput> = fc
  .record({
    templates: fc.array(someTemplate, { maxLength: 6 }),
    stablePods: somePods('stable'),
    canaryPods: somePods('canary'),
    lines: fc.oneof(
      fc.record({ stable: fc.nat(3000), canary: fc.nat(3000) }),
      fc.constant({ stable: 0, canary: 0 }),
    ),
    complete: fc.record({ stable: fc.boolean(), canary: fc.boolean() }),
    baseline: fc.constantFrom<Evidence['baseline']>('Pods', 'Snapshot', 'None'),
    timed: fc.boolean(),
    look: fc.integer({ min: 1, max: 20 }),
    overflow: fc.nat(500),
  })
  .map(({ templates, complete, baseline, timed, overflow, ...rest }) =>
    input({
      ...rest,
      templates: templates.map(({ level, stable, canary }) => template(level, stable, canary)),
      evidence: { logsComplete: complete, baseline },
      distilled: {
        overflow: { stable: 0, canary: overflow },
        ...(timed ? {} : { span: { stable: undefined, canary: undefined } }),
      },
    }),
  );

const verdict = (given: JudgeInput, review: ReviewOutcome = noneConfigured) =>
  decide(assess(given), review, policy()).verdict;

/** Ordinary lines that both sides have after start-up are fifty, or ten that are half of what the side logs. */
function sharesWork({ distilled: { templates } }: JudgeInput): boolean {
  const ordinary = templates.filter(({ level }) => !['warn', 'error', 'fatal'].includes(level));
  const steady = (one: Template, side: Side) => one[side].count - one[side].startup;
  const shared = ordinary.filter((one) => steady(one, 'stable') > 0 && steady(one, 'canary') > 0);
  return (['stable', 'canary'] as const).every((side) => {
    const sum = (among: readonly Template[]) => among.reduce((all, one) => all + steady(one, side), 0);
    return sum(shared) >= 50 || (sum(shared) >= 10 && 2 * sum(shared) >= sum(ordinary));
  });
}

/** The same with one side's pods and counts on both. */
function mirrored(given: JudgeInput): JudgeInput {
  const rename = (pods: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(pods).map(([name, n]) => [name.replace('stable', 'canary'), n]));
  const { evidence, distilled } = given;
  return {
    ...given,
    evidence: {
      ...evidence,
      baseline: 'Pods',
      canary: {
        ...evidence.stable,
        pods: evidence.stable.pods.map((one) => ({
          ...one,
          side: 'canary' as const,
          name: one.name.replace('stable', 'canary'),
        })),
      },
      read: { stable: evidence.read.stable, canary: evidence.read.stable },
    },
    distilled: {
      ...distilled,
      templates: distilled.templates.map((one) => ({
        ...one,
        canary: { ...one.stable, pods: rename(one.stable.pods) },
      })),
      lines: { stable: distilled.lines.stable, canary: distilled.lines.stable },
    },
  };
}

describe('what must hold for any evidence', () => {
  it('decides every evidence, within bounds', () => {
    fc.assert(
      fc.property(someInput, (given) => {
        const { assessment, power, confidence, message, findings } = assess(given);
        expect(assessment).to.be.oneOf([
          'Blocking',
          'NoBaseline',
          'Regressed',
          'Insufficient',
          'Suspicious',
          'Clean',
        ]);
        for (const percent of [power, confidence])
          expect(Number.isInteger(percent) && percent >= 0 && percent <= 100).to.equal(true);
        expect(message.length).to.be.within(1, 1024);
        for (const [i, finding] of findings.entries()) {
          expect(finding.id).to.equal(`F${i + 1}`);
          expect(finding.message.length).to.be.within(1, 1024);
          expect(finding.message).not.to.match(/NaN|Infinity|undefined/);
          const p = finding.pValueMillionths ?? 0;
          expect(Number.isInteger(p) && p >= 0 && p <= 1e6).to.equal(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('promotes nothing that lacks a Ready pod, a log, a baseline or power', () => {
    fc.assert(
      fc.property(someInput, (given) => {
        const { evidence } = given;
        const lacks =
          !evidence.canary.pods.some(({ ready }) => ready) ||
          !evidence.logsComplete.canary ||
          (!evidence.logsComplete.stable && !sharesWork(given)) ||
          evidence.baseline === 'None' ||
          assess(given).power < given.minPower;
        if (lacks)
          for (const review of [noneConfigured, noneAnswered])
            expect(verdict(given, review)).not.to.equal('Promote');
      }),
      { numRuns: 400 },
    );
  });

  it('promotes nothing where reviewers are configured and none answered, but for Clean under UseFindings', () => {
    const policies = fc.record({
      onReviewerUnavailable: fc.constantFrom(
        'Error' as const,
        'Inconclusive' as const,
        'Abort' as const,
        'UseFindings' as const,
      ),
      onInsufficientEvidence: fc.constantFrom('Inconclusive' as const, 'Abort' as const, 'Error' as const),
      onSuspicion: fc.constantFrom('Inconclusive' as const, 'Abort' as const),
      onNoBaseline: fc.constantFrom('Inconclusive' as const, 'Abort' as const, 'Error' as const),
      minConfidence: fc.nat(100),
    });
    fc.assert(
      fc.property(someInput, policies, (given, chosen) => {
        const judged = assess(given);
        const promoted = decide(judged, noneAnswered, chosen).verdict === 'Promote';
        expect(promoted).to.equal(
          judged.assessment === 'Clean' && chosen.onReviewerUnavailable === 'UseFindings',
        );
      }),
      { numRuns: 300 },
    );
  });

  it('aborts on Blocking and never promotes a Regressed canary, whatever a reviewer says', () => {
    const opinions = fc.record({
      verdict: fc.constantFrom('Promote' as const, 'Abort' as const, 'Inconclusive' as const),
      confidence: fc.nat(100),
      ownEvidence: fc.boolean(),
    });
    fc.assert(
      fc.property(someInput, opinions, (given, { verdict: said, ...rest }) => {
        const judged = assess(given);
        const review: ReviewOutcome = { kind: 'opinion', opinion: opinion(said, rest), causes: [] };
        const decided = decide(judged, review, policy({ minConfidence: 0 })).verdict;
        if (judged.assessment === 'Blocking') expect(decided).to.equal('Abort');
        if (judged.assessment === 'Regressed')
          expect(decided).to.equal(said === 'Abort' ? 'Abort' : 'Inconclusive');
        if (['Insufficient', 'NoBaseline'].includes(judged.assessment))
          expect(decided).not.to.equal('Promote');
      }),
      { numRuns: 400 },
    );
  });

  it('never moves towards Promote when the canary logs more of an error', () => {
    const RANK = { Promote: 0, Inconclusive: 1, Error: 1, Abort: 2 };
    fc.assert(
      fc.property(
        someInput,
        fc.nat(5),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(3),
        (given, which, more, podIndex) => {
          const errors = given.distilled.templates.filter(
            ({ level }) => level === 'error' || level === 'fatal',
          );
          const chosen = errors[which % Math.max(1, errors.length)];
          if (chosen === undefined) return;
          const name = `canary-${podIndex + 1}`;
          const grown = (one: Template): Template =>
            one === chosen
              ? {
                  ...one,
                  canary: {
                    ...one.canary,
                    count: one.canary.count + more,
                    pods: { ...one.canary.pods, [name]: (one.canary.pods[name] ?? 0) + more },
                  },
                }
              : one;
          const { distilled } = given;
          const worse = { ...given, distilled: { ...distilled, templates: distilled.templates.map(grown) } };
          expect(RANK[verdict(worse)]).to.be.at.least(RANK[verdict(given)]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('never aborts a canary that is the very image of stable', () => {
    fc.assert(
      fc.property(someInput, (given) => {
        expect(assess(mirrored(given)).assessment).not.to.be.oneOf(['Blocking', 'Regressed', 'Suspicious']);
      }),
      { numRuns: 600 },
    );
  });
});

/** Mulberry32: a small generator with a seed, so that the simulation is the same every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Knuth's way for small means, sums of it for larger ones. */
function poisson(mean: number, random: () => number): number {
  if (mean > 30) return poisson(30, random) + poisson(mean - 30, random);
  let k = -1;
  for (let product = 1; product > Math.exp(-mean); k++) product *= random();
  return k;
}

describe('canaries that are no worse than stable', () => {
  it('are aborted no more often than alpha allows, in 2,000 pairs of many templates and exposures', () => {
    const random = generator(20_260_101);
    let aborts = 0;
    let promotes = 0;
    for (let pair = 0; pair < 2000; pair++) {
      const share = [0.05, 0.2, 0.5][pair % 3] ?? 0.5;
      const all = 500 + Math.floor(random() * 4000);
      const templates = Array.from({ length: 1 + Math.floor(random() * 12) }, () => {
        const mean = all * 0.02 * random() ** 3;
        return template('error', poisson(mean * (1 - share), random), poisson(mean * share, random));
      });
      const lines = { stable: poisson(all * (1 - share), random), canary: poisson(all * share, random) };
      const decided = verdict(input({ lines, templates }));
      if (decided === 'Abort') aborts += 1;
      if (decided === 'Promote') promotes += 1;
    }
    expect(wilsonInterval(aborts, 2000).high).to.be.below(0.06);
    expect(promotes).to.be.above(1000);
  });

  it('are aborted no more often over ten looks, in 400 rollouts', () => {
    const random = generator(7);
    let aborted = 0;
    for (let rollout = 0; rollout < 400; rollout++) {
      const means = Array.from({ length: 6 }, () => 20 * random() ** 2);
      const look = (k: number) =>
        verdict(
          input({
            look: k,
            lines: { stable: poisson(800, random), canary: poisson(800, random) },
            templates: means.map((mean) => template('error', poisson(mean, random), poisson(mean, random))),
          }),
        ) === 'Abort';
      if (Array.from({ length: 10 }, (_, i) => i + 1).some(look)) aborted += 1;
    }
    expect(wilsonInterval(aborted, 400).high).to.be.below(0.06);
  });

  it('are aborted no more often where errors come as incidents of several records, over up to ten looks', () => {
    const random = generator(11);
    const minutes = 10;
    const geometric = (mean: number) => {
      let size = 1;
      while (random() > 1 / mean) size += 1;
      return size;
    };
    const side = (name: Side, lines: number, rates: readonly number[], size: number) => {
      const work = Object.fromEntries(
        Array.from({ length: minutes }, (_, minute) => [minute, poisson(lines / minutes, random)]),
      );
      const errors = rates.map((rate) => {
        const byMinute: Record<string, number> = {};
        const incidents = poisson((rate * lines) / size, random);
        let n = 0;
        for (let i = 0; i < incidents; i++) {
          const minute = Math.floor(random() * minutes);
          const records = geometric(size);
          byMinute[minute] = (byMinute[minute] ?? 0) + records;
          n += records;
        }
        return count(name, n, {
          minutes: byMinute,
          activeMinutes: Object.keys(byMinute).length,
          activeSeconds: incidents,
        });
      });
      return { work, errors, lines: Object.values(work).reduce((sum, n) => sum + n, 0) };
    };
    const rollouts = 300;
    let aborted = 0;
    for (let rollout = 0; rollout < rollouts; rollout++) {
      const share = [0.05, 0.2, 0.5][rollout % 3] ?? 0.5;
      const lines = 500 + random() * 4000;
      const size = 1.5 + 8 * random() ** 2;
      const rates = Array.from({ length: 1 + Math.floor(random() * 6) }, () => 0.03 * random() ** 2);
      const looks = 1 + Math.floor(random() * 10);
      const aborts = (look: number) => {
        const stable = side('stable', lines * (1 - share), rates, size);
        const canary = side('canary', lines * share, rates, size);
        return (
          verdict(
            input({
              look,
              lines: { stable: stable.lines, canary: canary.lines },
              templates: rates.map((_, i) =>
                template(
                  'error',
                  stable.errors[i] ?? count('stable', 0),
                  canary.errors[i] ?? count('canary', 0),
                ),
              ),
              distilled: { work: { stable: stable.work, canary: canary.work } },
            }),
          ) === 'Abort'
        );
      };
      if (Array.from({ length: looks }, (_, i) => i + 1).some(aborts)) aborted += 1;
    }
    expect(wilsonInterval(aborted, rollouts).high).to.be.below(0.06);
  });
});
