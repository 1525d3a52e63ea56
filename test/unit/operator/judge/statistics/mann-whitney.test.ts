import { expect } from 'chai';
import fc from 'fast-check';
import { hodgesLehmann } from '../../../../../operator/judge/statistics/hodges-lehmann.ts';
import { lowerBoundRank, mannWhitney } from '../../../../../operator/judge/statistics/mann-whitney.ts';
import { normalUpperQuantile, normalUpperTail } from '../../../../../operator/judge/statistics/normal.ts';

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const sample = (max: number, maxLength: number) =>
  fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength }).map(ascending);

/** Every pair looked at. */
function pairs(stable: readonly number[], canary: readonly number[]): number {
  let u = 0;
  for (const c of canary) for (const s of stable) u += c > s ? 1 : c === s ? 0.5 : 0;
  return u;
}

/** Every way to choose which of the ranks are canary's. */
function byEnumeration(u: number, m: number, n: number): number {
  let all = 0;
  let above = 0;
  for (let bits = 0; bits < 2 ** (m + n); bits++) {
    const isCanary = Array.from({ length: m + n }, (_, i) => (bits >> i) & 1);
    if (isCanary.reduce((sum, bit) => sum + bit, 0) !== n) continue;
    all += 1;
    let stableBelow = 0;
    let own = 0;
    for (const bit of isCanary) {
      if (bit === 1) own += stableBelow;
      else stableBelow += 1;
    }
    if (own >= u) above += 1;
  }
  return above / all;
}

describe('the normal distribution', () => {
  it('has the tails of the tables', () => {
    for (const [z, p] of [
      [0, 0.5],
      [1, 0.15865525393145707],
      [1.959963984540054, 0.025],
      [2.5, 0.006209665325776132],
      [5, 2.866515718791939e-7],
      [10, 7.61985302416047e-24],
    ] as const)
      expect(Math.abs(normalUpperTail(z) - p)).to.be.at.most(1e-11 * p);
    expect(normalUpperTail(-1)).to.be.closeTo(1 - 0.15865525393145707, 1e-14);
    expect(normalUpperTail(60)).to.equal(0);
  });

  it('has quantiles that are the inverse', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 0.999, noNaN: true }), (p) => {
        expect(Math.abs(normalUpperTail(normalUpperQuantile(p)) - p)).to.be.at.most(1e-9 * p);
      }),
    );
  });
});

describe('the test of Mann and Whitney', () => {
  it('counts the pairs of which canary is the larger', () => {
    fc.assert(
      fc.property(sample(12, 20), sample(12, 20), (stable, canary) => {
        expect(mannWhitney(stable, canary).u).to.equal(pairs(stable, canary));
      }),
    );
  });

  it('is exact for small samples without ties', () => {
    for (const [m, n] of [
      [1, 1],
      [3, 4],
      [5, 2],
      [6, 6],
    ] as const) {
      const stable = Array.from({ length: m }, (_, i) => 3 * i);
      for (let shift = -3 * m - 1; shift <= 3 * m + 1; shift += 3) {
        const canary = Array.from({ length: n }, (_, i) => 3 * i + shift + 0.5);
        const { u, pValue } = mannWhitney(stable, canary);
        expect(pValue).to.be.closeTo(byEnumeration(u, m, n), 1e-12);
      }
    }
  });

  it('gives the p-value of R, wilcox.test with continuity, for twenty against twenty with ties', () => {
    const left = ascending([
      310, 195, 530, 155, 530, 245, 385, 450, 465, 545, 170, 180, 125, 180, 230, 75, 430, 480, 495, 295,
    ]);
    const right = ascending([
      116, 171, 176, 421, 111, 326, 481, 111, 346, 441, 261, 411, 206, 521, 456, 446, 296, 51, 426, 261,
    ]);
    const { u, pValue } = mannWhitney(right, left);
    expect(u).to.equal(223);
    expect(2 * pValue).to.be.closeTo(0.5426959774289482, 1e-9);
  });

  it('says nothing of a side without values, or where all are equal', () => {
    expect(mannWhitney([], [1]).pValue).to.equal(1);
    expect(mannWhitney([1], []).pValue).to.equal(1);
    expect(mannWhitney([7, 7, 7], [7, 7]).pValue).to.equal(1);
  });

  it('gets surer the larger canary is', () => {
    fc.assert(
      fc.property(sample(50, 30), sample(50, 30), fc.integer({ min: 1, max: 20 }), (stable, canary, more) => {
        const larger = canary.map((value) => value + more);
        expect(mannWhitney(stable, larger).u).to.be.at.least(mannWhitney(stable, canary).u);
      }),
    );
  });
});

describe('the shift of Hodges and Lehmann', () => {
  it('is the lower median of all pairwise differences', () => {
    fc.assert(
      fc.property(sample(100, 15), sample(100, 15), (stable, canary) => {
        const all = ascending(canary.flatMap((c) => stable.map((s) => c - s)));
        expect(hodgesLehmann(stable, canary, 0.05).estimate).to.be.closeTo(
          all[Math.ceil(all.length / 2) - 1] ?? Number.NaN,
          1e-9,
        );
      }),
    );
  });

  it('has a lower bound that is one of the differences, at the rank of its level', () => {
    fc.assert(
      fc.property(sample(100, 15), sample(100, 15), (stable, canary) => {
        const all = ascending(canary.flatMap((c) => stable.map((s) => c - s)));
        const rank = lowerBoundRank(stable, canary, 0.02);
        const { atLeast, estimate } = hodgesLehmann(stable, canary, 0.02);
        expect(atLeast).to.be.at.most(estimate);
        if (rank === 0) expect(atLeast).to.equal(Number.NEGATIVE_INFINITY);
        else expect(atLeast).to.be.closeTo(all[rank - 1] ?? Number.NaN, 1e-9);
      }),
    );
  });

  it('bounds no shift with samples that are too small for the level', () => {
    expect(hodgesLehmann([1, 2], [10, 11], 0.01).atLeast).to.equal(Number.NEGATIVE_INFINITY);
    // P(U ≤ 1) = 2 / 252 < .01 < P(U ≤ 2): the second smallest difference.
    expect(hodgesLehmann([1, 2, 3, 4, 5], [10, 11, 12, 13, 14], 0.01).atLeast).to.equal(6);
  });

  it('holds what it claims: the true shift lies below its bound at most as often as the level says', () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    let below = 0;
    for (let i = 0; i < 1000; i++) {
      const stable = ascending(Array.from({ length: 30 }, () => -Math.log(random())));
      const canary = ascending(Array.from({ length: 25 }, () => -Math.log(random()) + 2));
      if (hodgesLehmann(stable, canary, 0.05).atLeast > 2) below += 1;
    }
    expect(below).to.be.within(25, 75);
  });
});
