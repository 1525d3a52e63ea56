import { expect } from 'chai';
import fc from 'fast-check';
import { binomialUpperTail } from '../../../../../operator/judge/statistics/binomial.ts';
import { hypergeometricUpperTail } from '../../../../../operator/judge/statistics/hypergeometric.ts';
import { logGamma } from '../../../../../operator/judge/statistics/log-gamma.ts';
import { poissonUpperTail } from '../../../../../operator/judge/statistics/poisson.ts';

const close = (actual: number, expected: number, relative = 1e-9) =>
  expect(Math.abs(actual - expected) <= relative * expected, `${actual} should be ${expected}`).to.equal(
    true,
  );

/** n choose k in whole numbers. */
function choose(n: bigint, k: bigint): bigint {
  if (k < 0n || k > n) return 0n;
  let result = 1n;
  for (let i = 1n; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

/** a / b of whole numbers too large for a double each. */
function quotient(a: bigint, b: bigint): number {
  const shift = Math.max(0, b.toString(2).length - a.toString(2).length + 64);
  const half = Math.floor(shift / 2);
  return Number((a << BigInt(shift)) / b) / 2 ** half / 2 ** (shift - half);
}

describe('the logarithm of the gamma function', () => {
  it('is that of the factorials', () => {
    let factorial = 1n;
    for (let n = 1; n <= 150; n++) {
      factorial *= BigInt(n);
      const exact = Math.log(Number(factorial));
      if (Number.isFinite(exact) && exact > 0) close(logGamma(n + 1), exact, 1e-13);
    }
  });

  it('knows Γ(1/2) = √π, also by reflection at 1/4', () => {
    close(logGamma(0.5), 0.5 * Math.log(Math.PI), 1e-14);
    close(logGamma(0.25), 1.2880225246980774, 1e-14);
  });

  it('has no step where the series takes over', () => {
    close(logGamma(1e5 + 1) - logGamma(1e5 - 1), Math.log(1e5) + Math.log(1e5 - 1), 1e-9);
  });

  it('refuses what it is not defined for', () => {
    expect(() => logGamma(0)).to.throw(RangeError, 'not 0');
    expect(() => logGamma(Number.NaN)).to.throw(RangeError);
  });
});

describe('the upper tail of the binomial distribution', () => {
  it('equals the sum in whole numbers for every p = a / b', () => {
    const cases = fc.record({
      n: fc.integer({ min: 1, max: 300 }),
      k: fc.integer({ min: 0, max: 300 }),
      a: fc.integer({ min: 1, max: 99 }),
    });
    fc.assert(
      fc.property(cases, ({ n, k, a }) => {
        let sum = 0n;
        for (let i = k; i <= n; i++)
          sum += choose(BigInt(n), BigInt(i)) * BigInt(a) ** BigInt(i) * BigInt(100 - a) ** BigInt(n - i);
        const exact = quotient(sum, 100n ** BigInt(n));
        const found = binomialUpperTail(k, n, a / 100);
        expect(Math.abs(found - exact)).to.be.at.most(
          1e-10 * Math.max(exact, 1e-280) + (exact > 0.5 ? 1e-10 : 0),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('holds the values of R 4.3, pbinom(k - 1, n, p, lower.tail = FALSE)', () => {
    close(binomialUpperTail(6, 6, 0.5), 0.015625);
    close(binomialUpperTail(5, 5, 0.05), 3.125e-7);
    close(binomialUpperTail(8, 10, 0.5), 0.0546875);
  });

  it('ends quickly and keeps its digits for a million occurrences', () => {
    const tail = binomialUpperTail(502_000, 1_000_000, 0.5);
    close(tail, 3.1805e-5, 1e-3);
  });

  it('comes to an end where the mass is below the smallest number', () => {
    expect(binomialUpperTail(2 ** 31, 2 ** 32, 1e-9)).to.equal(0);
    expect(binomialUpperTail(2, 2 ** 32, 0.5)).to.equal(1);
  });

  it('is certain at nothing and impossible beyond all', () => {
    expect(binomialUpperTail(0, 5, 0.3)).to.equal(1);
    expect(binomialUpperTail(6, 5, 0.3)).to.equal(0);
    expect(binomialUpperTail(1, 5, 0)).to.equal(0);
    expect(binomialUpperTail(5, 5, 1)).to.equal(1);
  });
});

describe('the upper tail of the hypergeometric distribution', () => {
  it('equals the sum in whole numbers', () => {
    const cases = fc
      .record({ size: fc.integer({ min: 1, max: 400 }), m: fc.nat(400), d: fc.nat(400), k: fc.nat(400) })
      .map(({ size, m, d, k }) => ({
        size,
        marked: m % (size + 1),
        drawn: d % (size + 1),
        k: k % (size + 1),
      }));
    fc.assert(
      fc.property(cases, ({ size, marked, drawn, k }) => {
        let sum = 0n;
        for (let i = k; i <= Math.min(marked, drawn); i++)
          sum += choose(BigInt(marked), BigInt(i)) * choose(BigInt(size - marked), BigInt(drawn - i));
        const exact = quotient(sum, choose(BigInt(size), BigInt(drawn)));
        const found = hypergeometricUpperTail(k, size, marked, drawn);
        expect(Math.abs(found - exact)).to.be.at.most(1e-9 * exact + (exact > 0.5 ? 1e-9 : 0));
      }),
      { numRuns: 300 },
    );
  });

  it('gives Fisher’s tea taster her 17 in 70', () => {
    close(hypergeometricUpperTail(3, 8, 4, 4), 17 / 70);
  });
});

describe('the upper tail of the Poisson distribution', () => {
  it('is one minus the sum of the terms below', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 60, noNaN: true }),
        fc.integer({ min: 1, max: 80 }),
        (mean, k) => {
          let term = Math.exp(-mean);
          let below = 0;
          for (let i = 0; i < k; i++) {
            below += term;
            term *= mean / (i + 1);
          }
          expect(poissonUpperTail(k, mean)).to.be.closeTo(1 - below, 1e-11);
        },
      ),
    );
  });

  it('is certain at nothing and impossible without a mean', () => {
    expect(poissonUpperTail(0, 3)).to.equal(1);
    expect(poissonUpperTail(1, 0)).to.equal(0);
  });
});
