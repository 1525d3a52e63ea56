import { expect } from 'chai';
import { retryAfter } from '../../../../operator/review/retry.ts';

describe('the wait that a Retry-After header asks for', () => {
  const now = Date.UTC(2026, 0, 1);
  for (const [header, wait] of [
    [undefined, undefined],
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-5x', undefined],
  ] as const) {
    it(`is ${wait} ms for ${header}`, () => {
      expect(retryAfter(header, now)).to.equal(wait);
    });
  }
});
