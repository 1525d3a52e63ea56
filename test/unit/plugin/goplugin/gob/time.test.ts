import { expect } from 'chai';
import * as fc from 'fast-check';
import { GoTime } from '../../../../../plugin/goplugin/gob/time.ts';

describe('a Go time', () => {
  it('is written as Go writes it, in UTC', () => {
    const time = GoTime.fromDate(new Date('2025-01-01T00:00:00.250Z'));
    expect(Buffer.from(time.bytes).toString('hex')).to.equal('010000000edf067c800ee6b280ffff');
  });

  it('gives back any date to the millisecond', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(GoTime.fromDate(date).toDate().getTime()).to.equal(date.getTime());
      }),
    );
  });

  it('reads what Go sends: nanoseconds, any offset, the zero offset of a container in UTC, offsets in seconds', () => {
    for (const [hex, iso] of [
      ['010000000ee0e92ca528697580ffff', '2026-01-02T03:04:05.678Z'],
      ['010000000ee0e92ca5286975800000', '2026-01-02T03:04:05.678Z'],
      ['010000000ee0e92ca528697580014a', '2026-01-02T03:04:05.678Z'],
      ['020000000ee0e92ca528697580014a1e', '2026-01-02T03:04:05.678Z'],
      ['01000000000000000000000000ffff', '0001-01-01T00:00:00.000Z'],
    ] as const) {
      expect(JSON.stringify(new GoTime(Buffer.from(hex, 'hex')))).to.equal(JSON.stringify(iso));
    }
  });

  for (const [what, hex] of [
    ['nothing', ''],
    ['another version', '030000000ee0e92ca528697580ffff'],
    ['a time cut short', '010000000ee0e92ca52869'],
    ['version 2 without its seconds', '020000000ee0e92ca528697580ffff'],
  ] as const) {
    it(`does not read ${what}`, () => {
      expect(() => new GoTime(Buffer.from(hex, 'hex')).toDate()).to.throw(/not a Go time/);
    });
  }

  it('is not made of an invalid date', () => {
    expect(() => GoTime.fromDate(new Date(Number.NaN))).to.throw(/invalid date/);
  });
});
