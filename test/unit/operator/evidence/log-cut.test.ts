import { expect } from 'chai';
import fc from 'fast-check';
import { LogCut, lineInstant } from '../../../../operator/evidence/log-cut.ts';

const T0 = Date.UTC(2026, 0, 1);
const at = (second: number): string => new Date(T0 + second * 1000).toISOString();

function cut(range: { from?: number; to: number }, chunks: readonly string[]): string {
  let out = '';
  const { from, to } = range;
  const edges = { to: T0 + to * 1000, ...(from === undefined ? {} : { from: T0 + from * 1000 }) };
  const log = new LogCut(edges, (lines) => {
    out += Buffer.from(lines).toString();
  });
  for (const chunk of chunks) log.write(Buffer.from(chunk));
  log.end();
  return out;
}

describe('the instant of a line', () => {
  it('is read in UTC and with an offset, with nanoseconds and without', () => {
    expect(lineInstant(Buffer.from('2026-01-01T00:00:01.123456789Z hello'))).to.equal(T0 + 1123);
    expect(lineInstant(Buffer.from('2026-01-01T02:00:00+02:00 hello'))).to.equal(T0);
    expect(lineInstant(Buffer.from('hello 2026-01-01T00:00:00Z'))).to.equal(undefined);
  });
});

describe('a log cut to a time', () => {
  const lines = [1, 2, 3, 4, 5].map((second) => `${at(second)} line ${second}\n`);

  it('keeps the lines from the first to the last instant, both included', () => {
    expect(cut({ from: 2, to: 4 }, [lines.join('')])).to.equal(lines.slice(1, 4).join(''));
  });

  it('keeps a last line that lacks its newline', () => {
    expect(cut({ to: 9 }, [`${at(1)} no end`])).to.equal(`${at(1)} no end`);
  });

  it('keeps lines without a timestamp with those before them', () => {
    const log = `${at(1)} a\n  at b\n${at(5)} c\n  at d\n`;
    expect(cut({ to: 2 }, [log])).to.equal(`${at(1)} a\n  at b\n`);
  });

  it('passes a line of many megabytes on without holding it', () => {
    const long = `${at(1)} ${'x'.repeat(3_000_000)}\n`;
    expect(cut({ to: 2 }, long.match(/.{1,60000}\n?/gs) ?? [])).to.equal(long);
  });

  it('is the same whatever the chunks', () => {
    const size = fc.integer({ min: 1, max: 80 });
    fc.assert(
      fc.property(size, fc.nat(6), fc.nat(6), (step, from, to) => {
        const whole = lines.join('');
        const chunks = whole.match(new RegExp(`.{1,${step}}`, 'gs')) ?? [];
        const expected = lines.filter((_, index) => index + 1 >= from && index + 1 <= to).join('');
        expect(cut({ from, to }, chunks)).to.equal(expected);
      }),
    );
  });
});
