import { expect } from 'chai';
import { compare } from '../../../../operator/judge/comparison.ts';
import { assess } from '../../../../operator/judge/index.ts';
import type { Assessed, PodFact } from '../../../../operator/model.ts';
import { count, END, input, pod, pods, template } from './builders.ts';

describe('the assessment', () => {
  it('is Clean for a busy pair without errors, and says what was seen', () => {
    const { assessment, power, confidence, message, exposure, exposureUnit } = assess(input());
    expect({ assessment, power, exposure, exposureUnit }).to.deep.equal({
      assessment: 'Clean',
      power: 100,
      exposure: { stable: 1000, canary: 1000 },
      exposureUnit: 'lines',
    });
    expect(confidence).to.equal(99);
    expect(message).to.equal(
      "nothing speaks against the canary: 1,000 canary lines of 1 pod compared with 1,000 stable lines of 1 pod; a clearly worse one (10 % errors, or 5 times stable's rate) would have been noticed with 100 % chance",
    );
  });

  it('is Regressed for an error that stable never logs, and names it with its numbers', () => {
    const novel = template(
      'error',
      0,
      count('canary', 38, { pods: { 'canary-1': 20, 'canary-2': 18 } }),
      'NullPointerException at OrderController',
    );
    const { assessment, message, findings } = assess(
      input({ templates: [novel], canaryPods: pods('canary', 2), stablePods: pods('stable', 2) }),
    );
    expect(assessment).to.equal('Regressed');
    expect(message).to.equal(
      'canary logs `NullPointerException at OrderController` 38 times in 2 of 2 pods; stable never did',
    );
    expect(findings[0]).to.include({
      id: 'F1',
      kind: 'NovelError',
      stableCount: 0,
      canaryCount: 38,
      canaryPods: 2,
    });
  });

  it('is Clean for errors that both sides log alike', () => {
    expect(assess(input({ templates: [template('error', 40, 40)] })).assessment).to.equal('Clean');
  });

  it('compares rates, not counts, where the canary has a twentieth of the traffic', () => {
    const lines = { stable: 19_000, canary: 1000 };
    expect(assess(input({ lines, templates: [template('error', 190, 10)] })).assessment).to.equal('Clean');
    expect(assess(input({ lines, templates: [template('error', 190, 60)] })).assessment).to.equal(
      'Regressed',
    );
  });

  it('finds errors that are spread over too many templates to be seen in one', () => {
    const spread = Array.from({ length: 40 }, () => template('error', 0, 2));
    const { assessment, findings } = assess(input({ templates: spread }));
    expect(assessment).to.equal('Regressed');
    expect(findings[0]?.kind).to.equal('PooledErrors');
    expect(findings[0]?.samples).to.have.lengthOf(3);
  });

  it('counts a new error with its start-up in the pool, too, and a known one without in its pods', () => {
    const novel = template('error', 0, count('canary', 12, { startup: 10 }), 'cannot reach ledger');
    const small = Array.from({ length: 5 }, () => template('error', 0, 1));
    const { findings } = assess(input({ templates: [novel, ...small] }));
    expect(findings.find(({ kind }) => kind === 'PooledErrors')?.message).to.contain(
      'canary logs errors of all kinds 17 times, 12 of them `cannot reach ledger`, in 1 of 1 pod',
    );
    const known = template(
      'error',
      count('stable', 2),
      count('canary', 60, { startup: 20, pods: { 'canary-1': 60 } }),
    );
    const { errors, pooledErrors } = compare(input({ templates: [known] }));
    for (const one of [errors[0], pooledErrors]) expect(one).to.deep.include({ pods: { 'canary-1': 40 } });
  });

  it('is Suspicious where the rate doubles without doubt', () => {
    const { assessment, findings } = assess(input({ templates: [template('error', 100, 200)] }));
    expect(assessment).to.equal('Suspicious');
    expect(findings[0]?.kind).to.equal('ErrorRate');
  });

  it('is Suspicious for one bad pod of ten', () => {
    const bad = template('error', 0, count('canary', 60, { pods: { 'canary-4': 60 } }));
    const { assessment, message } = assess(input({ templates: [bad], canaryPods: pods('canary', 10) }));
    expect(assessment).to.equal('Suspicious');
    expect(message).to.contain('nearly all of it in pod canary-4');
  });

  it('is Regressed where the one pod that has the traffic has the errors', () => {
    const base = input({ templates: [template('error', 0, 60)], canaryPods: pods('canary', 3) });
    const [ordinary, ...rest] = base.distilled.templates;
    if (ordinary === undefined) throw new Error('the builder makes an ordinary template');
    const one = { ...ordinary, canary: { ...ordinary.canary, pods: { 'canary-1': 1000 } } };
    const busy = { ...base, distilled: { ...base.distilled, templates: [one, ...rest] } };
    expect(assess(busy).assessment).to.equal('Regressed');
  });

  it('knows stable’s start-up: the same lines of a fresh canary are no news', () => {
    const known = template(
      'error',
      count('stable', 0, { outside: 3 }),
      count('canary', 12, { startup: 12 }),
      'connection refused, trying again',
    );
    expect(assess(input({ templates: [known] })).assessment).to.equal('Clean');
  });

  it('is no regression what burst on stable just before the window', () => {
    const burst = template('error', count('stable', 0, { outside: 40 }), 38);
    expect(assess(input({ templates: [burst] })).assessment).to.equal('Suspicious');
  });

  it('is stricter at a later look', () => {
    const templates = [template('error', 0, 9)];
    expect(assess(input({ templates, look: 1 })).assessment).to.equal('Regressed');
    expect(assess(input({ templates, look: 10 })).assessment).to.equal('Clean');
  });

  it('is NoBaseline without stable, whatever the canary logs', () => {
    const evidence = { baseline: 'None' as const };
    const templates = [template('error', 0, 500), template('fatal', 0, 2)];
    const given = input({ evidence, templates, lines: { stable: 0, canary: 1000 }, stablePods: [] });
    expect(assess(given).assessment).to.equal('NoBaseline');
  });

  it('is Insufficient without a Ready canary pod', () => {
    const canaryPods = [pod('canary', 'canary-1', { ready: false, createdAt: Date.UTC(2026, 0, 1, 12, 9) })];
    expect(assess(input({ canaryPods })).message).to.equal('none of 1 canary pods is Ready');
    expect(assess(input({ canaryPods: [], lines: { stable: 1000, canary: 0 } })).message).to.equal(
      'no canary pod was found',
    );
  });

  const fresh = { ready: false, readySeconds: 0, createdAt: END - 30_000, startedAt: END - 30_000 };
  const partly = (ready: number, not: number, changed: Partial<PodFact> = fresh) => [
    ...pods('canary', ready),
    ...Array.from({ length: not }, (_, i) => pod('canary', `waiting-${i}`, changed)),
  ];
  const readiness: readonly [string, Parameters<typeof input>[0], Assessed['assessment']][] = [
    ['one of ten canary pods is Ready', { canaryPods: partly(1, 9) }, 'Insufficient'],
    [
      'nine of ten cannot be scheduled',
      { canaryPods: partly(1, 9, { ...fresh, phase: 'Pending' }) },
      'Insufficient',
    ],
    [
      'six of ten are Ready and all ten of stable',
      { canaryPods: partly(6, 4), stablePods: pods('stable', 10) },
      'Insufficient',
    ],
    ['nine of ten are Ready', { canaryPods: partly(9, 1), stablePods: pods('stable', 10) }, 'Clean'],
    ['one of two is Ready, which chance may do', { canaryPods: partly(1, 1) }, 'Clean'],
    ['the others end', { canaryPods: partly(1, 9, { ...fresh, deleted: true }) }, 'Clean'],
    ['the others were evicted', { canaryPods: partly(1, 9, { ...fresh, reason: 'Evicted' }) }, 'Clean'],
    [
      'the others have done their work',
      { canaryPods: partly(1, 9, { ...fresh, phase: 'Succeeded' }) },
      'Clean',
    ],
  ];
  for (const [what, given, assessment] of readiness)
    it(`is ${assessment} where ${what}`, () => expect(assess(input(given)).assessment).to.equal(assessment));

  it('says how many canary pods are Ready where too few are', () => {
    expect(assess(input({ canaryPods: partly(1, 9) })).message).to.equal(
      'only 1 of 10 canary pods is Ready, of stable 1 of 1',
    );
  });

  it('is Insufficient where a canary log could not be read, and names the gap', () => {
    const evidence = {
      logsComplete: { stable: true, canary: false },
      gaps: ['canary pod canary-1, container web: forbidden'],
    };
    const { assessment, message } = assess(input({ evidence }));
    expect(assessment).to.equal('Insufficient');
    expect(message).to.contain('canary pod canary-1, container web: forbidden');
  });

  it('is Insufficient with little traffic, and says how much is missing', () => {
    const { assessment, power, message } = assess(input({ lines: { stable: 1000, canary: 20 } }));
    expect(assessment).to.equal('Insufficient');
    expect(power).to.be.below(80);
    expect(message).to.match(/20 comparable canary lines were seen, about \d+ are needed$/);
  });

  it('is Insufficient for a canary that is Ready and silent beside a busy stable', () => {
    const { assessment, power } = assess(input({ lines: { stable: 1000, canary: 0 } }));
    expect({ assessment, power }).to.deep.equal({ assessment: 'Insufficient', power: 0 });
  });

  it('is Clean for a silent pair that was watched all the time', () => {
    const { assessment, power, exposureUnit } = assess(input({ lines: { stable: 0, canary: 0 } }));
    expect({ assessment, power, exposureUnit }).to.deep.equal({
      assessment: 'Clean',
      power: 100,
      exposureUnit: 'podSeconds',
    });
  });

  it('is Clean for a silent pair of which a stable pod was scaled down, Insufficient where it was the canary’s', () => {
    const lines = { stable: 0, canary: 0 };
    const going = { deleted: true, ready: false, readyThroughout: false };
    const left = (side: 'stable' | 'canary') => [pod(side, `${side}-1`), pod(side, `${side}-2`, going)];
    expect(assess(input({ lines, stablePods: left('stable') })).assessment).to.equal('Clean');
    expect(assess(input({ lines, canaryPods: left('canary') })).assessment).to.equal('Insufficient');
  });

  it('is Insufficient for a silent pair of which not everything was watched', () => {
    const lines = { stable: 0, canary: 0 };
    const unwatched = [
      input({ lines, canaryPods: [pod('canary', 'canary-1', { readyThroughout: false })] }),
      input({ lines, stablePods: [pod('stable', 'stable-1', { readyThroughout: false })] }),
      input({ lines, evidence: { logsComplete: { stable: false, canary: true } } }),
    ];
    for (const given of unwatched) expect(assess(given).assessment).to.equal('Insufficient');
  });

  it('is not silent where nothing but a few new errors, or warnings, or lines that were not kept are logged', () => {
    const lines = { stable: 0, canary: 0 };
    const speaking = [
      input({ lines, templates: [template('error', 0, 1)] }),
      input({ lines, templates: [template('warn', 0, 3)] }),
      input({ lines, distilled: { overflow: { stable: 0, canary: 3 } } }),
    ];
    for (const given of speaking) expect(assess(given)).to.include({ assessment: 'Insufficient', power: 0 });
  });

  it('takes stable’s errors for the measure of a pair that logs nothing else', () => {
    const lines = { stable: 0, canary: 0 };
    const { assessment, power } = assess(input({ lines, templates: [template('error', 40, 40)] }));
    expect({ assessment, power }).to.deep.equal({ assessment: 'Clean', power: 100 });
    expect(assess(input({ lines, templates: [template('error', 1, 1)] })).assessment).to.equal(
      'Insufficient',
    );
  });

  it('is Insufficient when no stable log could be read, however much of the canary was', () => {
    const given = input({
      lines: { stable: 0, canary: 800 },
      evidence: { logsComplete: { stable: false, canary: true } },
    });
    const { assessment, message } = assess(given);
    expect(assessment).to.equal('Insufficient');
    expect(message).to.contain('stable logs could not all be read');
  });

  it('goes on with the stable logs that were read when they share the work of the canary', () => {
    const given = input({ evidence: { logsComplete: { stable: false, canary: true } } });
    expect(assess(given)).to.include({ assessment: 'Clean', exposureUnit: 'lines' });
  });

  it('does not take lines without time for shared work where stable logs could not all be read', () => {
    const given = input({
      lines: { stable: 0, canary: 0 },
      templates: [template('info', 300, 0), template('info', 0, 300)],
      distilled: { span: { stable: undefined, canary: undefined } },
      evidence: { logsComplete: { stable: false, canary: true } },
    });
    expect(assess(given)).to.include({ assessment: 'Insufficient', exposureUnit: 'lines' });
  });

  it('is Insufficient where a log was cut and nothing is shared, goes on where the work is', () => {
    const apart = input({
      lines: { stable: 0, canary: 0 },
      templates: [template('info', 800, 0), template('info', 0, 800)],
    });
    for (const side of ['stable', 'canary'] as const) {
      const cut = (given: typeof apart) =>
        assess({ ...given, evidence: { ...given.evidence, [side]: { ...given.evidence[side], cut: true } } });
      expect(cut(apart).message).to.contain(`only the newest part of a ${side} log was read`);
      expect(cut(input()).assessment).to.equal('Clean');
    }
  });

  it('is Clean for a changed log format: nothing is shared, but the work is seen', () => {
    const templates = [
      template('info', 800, 0, 'placed order <num> for <id>'),
      template('info', 0, 800, 'info: order <num> placed for <id>'),
    ];
    const { assessment, exposureUnit } = assess(input({ lines: { stable: 0, canary: 0 }, templates }));
    expect({ assessment, exposureUnit }).to.deep.equal({ assessment: 'Clean', exposureUnit: 'podSeconds' });
  });

  it('is Insufficient where the canary logs other things than stable: nobody knows whether it works', () => {
    const templates = [
      template('info', 3000, 0, 'order <num> placed'),
      template('info', 0, 800, 'waiting for the database, attempt <num>'),
    ];
    const { assessment, message } = assess(input({ lines: { stable: 0, canary: 0 }, templates }));
    expect(assessment).to.equal('Insufficient');
    expect(message).to.contain(
      "800 of its 800 ordinary lines are beyond stable's mix of work, most of all `waiting for the database, attempt <num>`",
    );
  });

  it('is Clean for a new info line and for a reworded warning', () => {
    const templates = [template('info', 0, 400), template('warn', 40, 0), template('warn', 0, 40)];
    expect(assess(input({ templates })).assessment).to.equal('Clean');
  });

  it('is Suspicious for a new warning on top of the others', () => {
    const { assessment, findings } = assess(
      input({ templates: [template('warn', 10, 10), template('warn', 0, 40)] }),
    );
    expect(assessment).to.equal('Suspicious');
    expect(findings[0]?.kind).to.equal('NewWarning');
  });

  it('is Suspicious for a known line that is logged without pause', () => {
    const { assessment, findings } = assess(input({ templates: [template('info', 10, 20_000)] }));
    expect(assessment).to.equal('Suspicious');
    expect(findings[0]?.kind).to.equal('LogFlood');
  });

  it('takes power away for lines that were not kept', () => {
    const distilled = { overflow: { stable: 0, canary: 9000 } };
    expect(assess(input({ distilled })).assessment).to.equal('Insufficient');
  });

  it('is Insufficient where lines were not kept that may be errors, unless they are few', () => {
    const losing = (canary: number) => assess(input({ distilled: { overflow: { stable: 0, canary } } }));
    expect(losing(10).assessment).to.equal('Clean');
    expect(losing(50)).to.include({ assessment: 'Insufficient' });
    expect(losing(50).message).to.contain('50 of 1,000 canary lines are beyond the limit on templates');
  });

  it('counts lines where there is no time', () => {
    const distilled = { span: { stable: undefined, canary: undefined } };
    const templates = [template('info', 300, 0), template('info', 0, 300)];
    const { exposureUnit, exposure } = assess(
      input({ distilled, templates, lines: { stable: 0, canary: 0 } }),
    );
    expect({ exposureUnit, exposure }).to.deep.equal({
      exposureUnit: 'lines',
      exposure: { stable: 300, canary: 300 },
    });
  });

  it('asks more of errors that come unevenly on stable too', () => {
    const uneven = template('error', count('stable', 12, { pods: { 'stable-1': 12 } }), 40);
    const even = template(
      'error',
      count('stable', 12, { pods: { 'stable-1': 4, 'stable-2': 4, 'stable-3': 4 } }),
      40,
    );
    const of = (one: typeof even) =>
      assess(input({ templates: [one], stablePods: pods('stable', 3) })).assessment;
    expect([of(even), of(uneven)]).to.deep.equal(['Regressed', 'Suspicious']);
  });
});
