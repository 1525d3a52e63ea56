import { expect } from 'chai';
import fc from 'fast-check';
import { Minutes } from '../../../../operator/distill/minutes.ts';

describe('Minutes', () => {
  it('counts every time in its minute, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_600_000 })), (times) => {
        const minutes = new Minutes();
        const expected: Record<string, number> = {};
        for (const time of times) {
          minutes.add(time);
          const minute = Math.floor(time / 60_000);
          expected[minute] = (expected[minute] ?? 0) + 1;
        }
        expect(minutes.result()).to.deep.equal(times.length === 0 ? undefined : expected);
      }),
    );
  });

  it('keeps a bounded number of minutes, and goes on counting those it knows', () => {
    const minutes = new Minutes();
    for (let minute = 0; minute < 2_000; minute++) minutes.add(minute * 60_000);
    minutes.add(0);
    const result = minutes.result() ?? {};
    expect(Object.keys(result)).to.have.length(1_440);
    expect(result['0']).to.equal(2);
  });
});
