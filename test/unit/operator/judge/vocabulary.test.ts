import { expect } from 'chai';
import fc from 'fast-check';
import { assess } from '../../../../operator/judge/index.ts';
import { likeness, rewordings, wordsOf } from '../../../../operator/judge/vocabulary.ts';
import { count, input, template } from './builders.ts';

describe('records in other words', () => {
  it('are those that share most of their words, whatever was masked in them', () => {
    const same = (a: string, b: string) => likeness(wordsOf(a), wordsOf(b));
    expect(same('query on orders took <dur>', 'Query on orders took <num> seconds')).to.equal(0.8);
    expect(same('payment <id> failed', 'payment <num> FAILED')).to.equal(1);
    expect(same('cache miss', 'disk is full')).to.equal(0);
    expect(same('<num> <num>', '<num>')).to.equal(0);
  });

  it('are paired once each, the likest first, and only what appeared with what vanished', () => {
    const old = template('error', 30, 0, 'upstream shop-db timed out after <dur>');
    const reworded = template('error', 0, 30, 'upstream shop-db timed out, waited <dur> after all');
    const further = template('error', 0, 30, 'upstream timed out after trying shop-db');
    const shared = template('error', 3, 30, 'upstream shop-db timed out after <dur> today');
    expect([...rewordings([old, further, reworded, shared])]).to.deep.equal([[further, old]]);
    expect([...rewordings([old, shared])]).to.deep.equal([]);
  });

  it('are no news at the same rate, and a risen rate at five times it', () => {
    const old = 'upstream shop-db timed out after <dur>';
    const fresh = 'upstream shop-db timed out after waiting <dur>';
    const judged = (n: number) =>
      assess(input({ templates: [template('error', 30, 0, old), template('error', 0, n, fresh)] }));
    expect(judged(33).assessment).to.equal('Clean');
    const { assessment, findings } = judged(150);
    expect(assessment).to.equal('Regressed');
    expect(findings[0]).to.include({ kind: 'ErrorRate', stableCount: 30, canaryCount: 150 });
    expect(findings[0]?.message).to.contain(`stable did 30 times in other words, \`${old}\``);
  });

  it('are likest to themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const [one, other] = [wordsOf(a), wordsOf(b)];
        expect(likeness(one, other)).to.equal(likeness(other, one));
        expect(likeness(one, other)).to.be.at.most(1);
        if (one.size > 0) expect(likeness(one, one)).to.equal(1);
      }),
    );
  });
});

describe('a changed vocabulary', () => {
  const changed = (errors: readonly [number, number][], fatal = 0) =>
    assess(
      input({
        lines: { stable: 0, canary: 0 },
        templates: [
          template('info', 900, 0, 'placed order <num> for <id>'),
          template('info', 0, 900, 'info: order <num> placed for <id>'),
          ...errors.map(([stable, canary]) => template('error', stable, canary)),
          ...(fatal > 0 ? [template('fatal', 0, fatal)] : []),
        ],
      }),
    );

  it('makes no error news that stable logs as often in its own', () => {
    const { assessment, findings } = changed([
      [40, 0],
      [0, 42],
    ]);
    expect(assessment).to.equal('Clean');
    expect(findings.every(({ severity }) => severity === 'Info')).to.equal(true);
  });

  it('still shows that errors are more altogether, also where it is one template', () => {
    const { assessment, message } = changed([[0, 40]]);
    expect(assessment).to.equal('Regressed');
    expect(message).to.match(/^canary logs errors of all kinds 40 times, 40 of them `/);
    expect(
      changed([
        [10, 0],
        [0, 60],
      ]).assessment,
    ).to.equal('Regressed');
  });

  it('still blocks a fatal record where stable has none, and suspects it where stable has another', () => {
    expect(changed([], 1).assessment).to.equal('Blocking');
    const both = input({
      lines: { stable: 0, canary: 0 },
      templates: [
        template('info', 900, 0, 'placed order <num> for <id>'),
        template('info', 0, 900, 'info: order <num> placed for <id>'),
        template('fatal', 1, 0),
        template('fatal', 0, 1),
      ],
    });
    expect(assess(both).assessment).to.equal('Suspicious');
  });

  it('is not a new chatty record beside the old ones', () => {
    const { assessment } = assess(
      input({ templates: [template('info', 0, 9_000), template('error', 0, count('canary', 9))] }),
    );
    expect(assessment).to.equal('Regressed');
  });
});
