import { expect } from 'chai';
import fc from 'fast-check';
import { assess, endsObservation, type JudgeInput, nextLookAfter } from '../../../../operator/judge/index.ts';
import type { Template } from '../../../../operator/model.ts';
import { container, count, input, pod, template } from './builders.ts';

const ends = (given: JudgeInput): boolean => endsObservation(given, assess(given));
const seen = (lines: number, templates: readonly Template[] = [], minPower = 80): JudgeInput =>
  input({ lines: { stable: lines, canary: lines }, templates, minPower });

describe('a look on the way', () => {
  it('ends the observation of a canary that blocks', () => {
    const waiting = container({ state: 'waiting', waitingReason: 'CrashLoopBackOff', waitingFor: 60_000 });
    const given = input({ canaryPods: [pod('canary', 'canary-1', { containers: [waiting] })] });
    expect(assess(given).assessment).to.equal('Blocking');
    expect(ends(given)).to.equal(true);
  });

  it('asks more of a clean canary than the end does', () => {
    for (const [lines, early] of [
      [100, false],
      [200, true],
    ] as const) {
      expect(assess(seen(lines)).assessment, `${lines} lines`).to.equal('Clean');
      expect(ends(seen(lines)), `${lines} lines`).to.equal(early);
    }
  });

  it('goes on where an error known to stable could still have doubled', () => {
    const errors = (n: number) => [template('error', n, n)];
    expect(assess(seen(300, errors(8))).assessment).to.equal('Clean');
    expect(ends(seen(300, errors(8)))).to.equal(false);
    expect(ends(seen(30_000, errors(800)))).to.equal(true);
  });

  it('goes on for whom this power is not enough', () => {
    expect(assess(seen(200, [], 99)).assessment).to.equal('Clean');
    expect(ends(seen(200, [], 99))).to.equal(false);
    expect(ends(seen(2000, [], 99))).to.equal(true);
  });

  it('ends for a regression that is sure, and goes on for one that the end alone would call so', () => {
    const weak = seen(1000, [template('error', 0, count('canary', 7))]);
    const sure = seen(1000, [template('error', 0, count('canary', 40))]);
    expect(assess(weak).assessment).to.equal('Regressed');
    expect(assess(sure).assessment).to.equal('Regressed');
    expect(ends(weak)).to.equal(false);
    expect(ends(sure)).to.equal(true);
  });

  it('goes on for a suspicion, for too little, and for silence', () => {
    const suspicious = seen(1000, [template('warn', 0, 40, 'cache is cold')]);
    expect(assess(suspicious).assessment).to.equal('Suspicious');
    expect(ends(suspicious)).to.equal(false);
    expect(assess(seen(5)).assessment).to.equal('Insufficient');
    expect(ends(seen(5))).to.equal(false);
    expect(assess(seen(0)).assessment).to.equal('Clean');
    expect(ends(seen(0))).to.equal(false);
  });

  it('comes ever later, so that all of them read at most about as much as the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 60_001, max: 3_600_000 }),
        (first, last) => {
          let read = 0;
          for (let at = first; at < last; at = nextLookAfter(at)) read += at;
          expect(read).to.be.at.most(2 * last);
        },
      ),
    );
  });
});
