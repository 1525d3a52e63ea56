import { expect } from 'chai';
import { assess } from '../../../../../operator/judge/index.ts';
import { count, input, pods, template } from '../builders.ts';

/** Ten pods a side; stable's and canary's errors by pod. */
function judged(
  canary: readonly number[],
  stable: readonly number[] = Array(10).fill(10),
  working = canary.length,
) {
  const byPod = (side: string, counts: readonly number[]) =>
    Object.fromEntries(counts.map((n, i) => [`${side}-${i + 1}`, n]));
  const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);
  return assess(
    input({
      templates: [
        template(
          'error',
          count('stable', sum(stable), { pods: byPod('stable', stable) }),
          count('canary', sum(canary), { pods: byPod('canary', canary) }),
        ),
      ],
      lines: { stable: 10_000, canary: 1_000 * working },
      stablePods: pods('stable', 10),
      canaryPods: pods('canary', working),
    }),
  );
}
const kinds = (...given: Parameters<typeof judged>) =>
  judged(...given).findings.filter(({ kind }) => kind === 'PodErrors');

describe('PodErrors', () => {
  it('suspects the one bad pod that is lost in the sum of ten', () => {
    const { assessment, findings } = judged([10, 10, 45, 10, 10, 10, 10, 10, 10, 10]);
    expect(assessment).to.equal('Suspicious');
    expect(findings[0]).to.include({
      kind: 'PodErrors',
      severity: 'Suspicious',
      canaryPods: 1,
      message: "pod canary-3, one of 10 canary pods, logs errors 45 times; 4.5 times stable's rate",
    });
  });

  it('says so where stable logs none', () => {
    const [finding] = kinds([0, 0, 7, 0, 0, 0, 0, 0, 0, 0], [0]);
    expect(finding?.message).to.match(/7 times; stable logs none at all$/);
  });

  it('suspects a pod that logs nothing but errors, measured by what the others do', () => {
    const [finding, ...others] = kinds([...Array(9).fill(10), 60], Array(10).fill(10), 9);
    expect(others).to.deep.equal([]);
    expect(finding?.message).to.equal(
      "pod canary-10, one of 10 canary pods, logs errors 60 times; 6 times stable's rate",
    );
    expect(kinds([...Array(9).fill(10), 14], Array(10).fill(10), 9)).to.deep.equal([]);
  });

  it('does not suspect pods that err like those of stable, or where stable is as uneven', () => {
    expect(kinds([12, 9, 14, 8, 10, 10, 11, 7, 10, 9])).to.deep.equal([]);
    expect(kinds([10, 10, 45, 10, 10, 10, 10, 10, 10, 10], [1, 60, 2, 1, 1, 2, 30, 1, 1, 1])).to.deep.equal(
      [],
    );
  });

  it('does not look at single pods where they are few, or where all of them are worse', () => {
    expect(kinds([10, 60])).to.deep.equal([]);
    expect(kinds(Array(10).fill(60))).to.deep.equal([]);
  });
});
