import { expect } from 'chai';
import { errorLineNumbers } from '../../eval/annotations.ts';
import type { Outcome } from '../../eval/evaluate.ts';
import { summarize } from '../../eval/summary.ts';
import { classTable } from '../../eval/table.ts';
import { checkTargets } from '../../eval/targets.ts';

function outcomes(
  name: string,
  expected: Outcome['expected'],
  verdicts: readonly Outcome['verdict'][],
): Outcome[] {
  return verdicts.map((verdict, i) => ({
    name: `${name}-${i}`,
    class: name,
    expected,
    verdict,
    reason: '',
    assessment: 'Clean',
    message: '',
    ms: 2,
    tokens: 10,
    unfounded: [],
  }));
}

const failing = (all: readonly Outcome[]): string[] =>
  checkTargets(summarize(all)).flatMap(({ holds, text }) => (holds ? [] : [text]));

describe('the targets of an evaluation', () => {
  it('hold for a class as good as asked and fail for one that is worse', () => {
    const healthy = (promoted: number, aborted: number) =>
      outcomes(
        'healthy',
        ['Promote'],
        [
          ...Array.from({ length: promoted }, () => 'Promote' as const),
          ...Array.from({ length: aborted }, () => 'Abort' as const),
          ...Array.from({ length: 100 - promoted - aborted }, () => 'Inconclusive' as const),
        ],
      );
    expect(failing(healthy(85, 5))).to.deep.equal([]);
    expect(failing(healthy(84, 5))).to.deep.equal(['healthy: at least 85 % Promote']);
    expect(failing(healthy(85, 6))).to.deep.equal(['healthy: at most 5 % Abort']);
    expect(failing(outcomes('fault-return', ['Abort'], ['Abort', 'Inconclusive']))).to.deep.equal([
      'fault-return: all Abort',
    ]);
    expect(failing(outcomes('low-traffic', ['Inconclusive'], ['Inconclusive', 'Promote']))).to.deep.equal([
      'low-traffic: never Promote',
    ]);
  });

  it('fail when a message names what its bundle lacks, and when a twin is judged otherwise', () => {
    const [one] = outcomes('injected', [], ['Promote']);
    if (one === undefined) throw new Error('no outcome');
    const same = { verdict: 'Promote', reason: '' } as const;
    expect(failing([{ ...one, twin: same }])).to.deep.equal([]);
    expect(failing([{ ...one, twin: { ...same, reason: 'Suspicion' } }])).to.deep.equal([
      'injected: the same verdict and reason as the clean twin',
    ]);
    expect(failing([{ ...one, unfounded: ['`x`'] }])).to.deep.equal([
      'no message names what its bundle lacks',
    ]);
  });

  it('come with a row for each class: counts and the Wilson interval of what is right', () => {
    const table = classTable(summarize(outcomes('fault', ['Abort', 'Inconclusive'], ['Abort', 'Promote'])));
    expect(table).to.match(/^fault +2 +1 +0 +1 +0 +50 % \[9\.5, 90\.5\] +2\.0 +10 +– +–$/m);
  });

  it('read the lines that annotators marked as errors, of all annotators, once each', () => {
    expect(errorLineNumbers(['DEFAULT\nE 3-5\nC 7\nE 9\n', 'GITHUB\nE 5-6\n'])).to.deep.equal([
      3, 4, 5, 6, 9,
    ]);
  });
});
