import { expect } from 'chai';
import fc from 'fast-check';
import { spentAlpha } from '../../../../../operator/judge/statistics/alpha-spending.ts';
import { leastChanceOfNothing } from '../../../../../operator/judge/statistics/calibration.ts';
import { dispersion, sureDispersion } from '../../../../../operator/judge/statistics/dispersion.ts';
import { benjaminiHochberg, holm } from '../../../../../operator/judge/statistics/multiple-testing.ts';
import {
  dispersedRateTest,
  rateRatio,
  rateTest,
} from '../../../../../operator/judge/statistics/rate-test.ts';
import { wilsonInterval } from '../../../../../operator/judge/statistics/wilson.ts';

const counts = fc.nat(200);
const exposures = fc.integer({ min: 50, max: 5000 });
const units = fc.constantFrom('lines' as const, 'podSeconds' as const);

describe('the test of two rates', () => {
  it('takes five errors against none at equal exposure for one in 32', () => {
    const p = rateTest({ count: 0, exposure: 600 }, { count: 5, exposure: 600 }, 'podSeconds');
    expect(p).to.be.closeTo(1 / 32, 1e-12);
  });

  it('takes two errors for rare where the canary has a twentieth of the traffic', () => {
    const p = rateTest({ count: 0, exposure: 9500 }, { count: 2, exposure: 500 }, 'podSeconds');
    expect(p).to.be.closeTo(0.0025, 1e-12);
  });

  it('is nearly the same for lines as for pod-seconds while errors are rare', () => {
    const stable = { count: 3, exposure: 1_000_000 };
    const canary = { count: 11, exposure: 1_000_000 };
    expect(rateTest(stable, canary, 'lines')).to.be.closeTo(rateTest(stable, canary, 'podSeconds'), 1e-5);
  });

  it('never gets less sure when the canary has more of it', () => {
    fc.assert(
      fc.property(counts, exposures, counts, exposures, units, (s, es, c, ec, unit) => {
        const p = (count: number) => rateTest({ count: s, exposure: es }, { count, exposure: ec }, unit);
        expect(p(c + 1)).to.be.at.most(p(c) + 1e-12);
      }),
    );
  });

  it('never gets surer when stable has more of it', () => {
    fc.assert(
      fc.property(counts, exposures, counts, exposures, units, (s, es, c, ec, unit) => {
        const p = (count: number) => rateTest({ count, exposure: es }, { count: c, exposure: ec }, unit);
        expect(p(s + 1)).to.be.at.least(p(s) - 1e-12);
      }),
    );
  });

  it('says nothing without occurrences, or without pod-seconds', () => {
    expect(rateTest({ count: 9, exposure: 10 }, { count: 0, exposure: 10 }, 'lines')).to.equal(1);
    expect(rateTest({ count: 0, exposure: 0 }, { count: 9, exposure: 10 }, 'podSeconds')).to.equal(1);
    expect(rateTest({ count: 0, exposure: 10 }, { count: 9, exposure: 0 }, 'podSeconds')).to.equal(1);
  });

  it('says nothing where stable has no lines', () => {
    expect(rateTest({ count: 0, exposure: 0 }, { count: 9, exposure: 500 }, 'lines')).to.equal(1);
  });

  it('asks for more where occurrences come in bursts', () => {
    const stable = { count: 2, exposure: 600 };
    const canary = { count: 20, exposure: 600 };
    const even = dispersedRateTest(stable, canary, 'podSeconds', 1);
    expect(dispersedRateTest(stable, canary, 'podSeconds', 4)).to.be.above(1000 * even);
  });
});

describe('the ratio of two rates', () => {
  it('is relative to exposure', () => {
    expect(rateRatio({ count: 10, exposure: 1000 }, { count: 5, exposure: 100 })).to.equal(5);
  });

  it('is infinite where stable has none and nothing where the canary has none', () => {
    expect(rateRatio({ count: 0, exposure: 10 }, { count: 1, exposure: 10 })).to.equal(
      Number.POSITIVE_INFINITY,
    );
    expect(rateRatio({ count: 0, exposure: 10 }, { count: 0, exposure: 10 })).to.equal(0);
  });
});

describe('the corrections for many tests', () => {
  it('adjusts by Holm as R’s p.adjust does', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => Number(p.toFixed(6)))).to.deep.equal([0.03, 0.06, 0.06, 0.02]);
  });

  it('adjusts by Benjamini and Hochberg as R’s p.adjust does', () => {
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => Number(p.toFixed(6)))).to.deep.equal([0.02, 0.04, 0.04, 0.02]);
  });

  it('keeps order and bounds: p ≤ Benjamini–Hochberg ≤ Holm ≤ 1', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (pValues) => {
        const byHolm = holm(pValues);
        const byRate = benjaminiHochberg(pValues);
        expect(byHolm).to.have.length(pValues.length);
        for (const [i, p] of pValues.entries()) {
          expect(byRate[i]).to.be.at.least(p - 1e-12);
          expect(byHolm[i]).to.be.at.least((byRate[i] ?? 2) - 1e-12);
          expect(byHolm[i]).to.be.at.most(1);
        }
      }),
    );
  });
});

describe('the spending of alpha', () => {
  it('sums to the total over all looks', () => {
    let spent = 0;
    for (let look = 1; look <= 100_000; look++) spent += spentAlpha(0.05, look);
    expect(spent).to.be.closeTo(0.05, 1e-6);
    expect(spent).to.be.below(0.05);
  });
});

describe('the calibration of a p-value', () => {
  it('leaves at least 29 % for chance at p = .05 and 11 % at p = .01', () => {
    expect(leastChanceOfNothing(0.05)).to.be.closeTo(0.289, 0.001);
    expect(leastChanceOfNothing(0.01)).to.be.closeTo(0.111, 0.001);
  });

  it('is even from 1/e on and nothing at 0', () => {
    expect(leastChanceOfNothing(0.5)).to.equal(0.5);
    expect(leastChanceOfNothing(0)).to.equal(0);
  });
});

describe('the dispersion between parts', () => {
  it('is 1 for parts that are as even as chance or more so', () => {
    expect(dispersion([5, 5, 5].map((count) => ({ count, exposure: 1 })))).to.equal(1);
  });

  it('grows where one part has it all', () => {
    expect(dispersion([30, 0, 0].map((count) => ({ count, exposure: 1 })))).to.be.closeTo(30, 1e-9);
  });

  it('is relative to exposure, and 1 where there is too little to tell', () => {
    const parts = [
      { count: 20, exposure: 2 },
      { count: 10, exposure: 1 },
      { count: 10, exposure: 1 },
    ];
    expect(dispersion(parts)).to.equal(1);
    expect(
      dispersion([
        { count: 100, exposure: 1 },
        { count: 0, exposure: 1 },
      ]),
    ).to.equal(1);
    expect(dispersion([0, 0, 0].map((count) => ({ count, exposure: 1 })))).to.equal(1);
  });
});

describe('the dispersion that is sure', () => {
  const parts = (...counts: readonly number[]) => counts.map((count) => ({ count, exposure: 1 }));

  it('is χ² over the quantile of its degrees of freedom', () => {
    // χ² of 30, 0, 0 is 60; the 0.1 % point of two degrees of freedom is 13.816, the 5 % point 5.991.
    expect(sureDispersion(parts(30, 0, 0), 0.001)).to.be.closeTo(60 / 13.816, 0.1);
    expect(sureDispersion(parts(30, 0, 0), 0.05)).to.be.closeTo(60 / 5.991, 0.1);
  });

  it('is 1 for what chance may have made, though the estimate is more', () => {
    expect(dispersion(parts(80, 89, 126, 99))).to.be.closeTo(4, 0.3);
    expect(sureDispersion(parts(80, 89, 126, 99), 0.001)).to.equal(1);
    expect(sureDispersion(parts(100, 0), 0.001)).to.equal(1);
    expect(sureDispersion(parts(0, 0, 0), 0.001)).to.equal(1);
  });

  it('is never more than the estimate, and less the smaller the chance', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { minLength: 3, maxLength: 30 }), (counts) => {
        const [estimate, strict, lax] = [
          dispersion(parts(...counts)),
          sureDispersion(parts(...counts), 0.001),
          sureDispersion(parts(...counts), 0.01),
        ];
        expect(strict).to.be.at.most(lax).and.at.least(1);
        expect(lax).to.be.at.most(estimate);
      }),
    );
  });
});

describe('Wilson’s interval', () => {
  it('holds the published values for 0 of 10 and 81 of 263', () => {
    expect(wilsonInterval(0, 10).high).to.be.closeTo(0.2775, 0.0001);
    const { low, high } = wilsonInterval(81, 263);
    expect(low).to.be.closeTo(0.2553, 0.0001);
    expect(high).to.be.closeTo(0.3662, 0.0001);
  });

  it('knows nothing without trials', () => {
    expect(wilsonInterval(0, 0)).to.deep.equal({ low: 0, high: 1 });
  });
});
