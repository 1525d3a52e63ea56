import { expect } from 'chai';
import fc from 'fast-check';
import { LogTail } from '../../../../operator/evidence/log-tail.ts';

const text = (tail: LogTail): string => Buffer.concat([...tail.chunks()]).toString();

describe('the newest bytes of a log', () => {
  it('are all of it while it is short enough', () => {
    const tail = new LogTail(100);
    tail.write(Buffer.from('one\ntw'));
    tail.write(Buffer.from('o\n'));
    expect(text(tail)).to.equal('one\ntwo\n');
    expect(tail.overflowed).to.equal(false);
  });

  it('begin with a whole line when older ones were let go of', () => {
    const tail = new LogTail(5);
    tail.write(Buffer.from('one\ntwo\nthree\n'));
    expect(text(tail)).to.equal('');
    tail.write(Buffer.from('4\n5\n'));
    expect(text(tail)).to.equal('4\n5\n');
    expect(tail.total).to.equal(18);
  });

  it('lie in memory that the next log fills again', () => {
    const free: Uint8Array[] = [];
    const first = new LogTail(1024, free);
    first.write(Buffer.from('one\n'));
    first.clear();
    const [segment] = free;
    const second = new LogTail(1024, free);
    second.write(Buffer.from('two\n'));
    expect(free).to.deep.equal([]);
    expect(text(second)).to.equal('two\n');
    expect([...second.chunks()][0]?.buffer).to.equal(segment?.buffer);
  });

  it('are the same whatever the chunks', () => {
    const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', '\n'), maxLength: 700 }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 3000 }), (parts, limit) => {
        const tail = new LogTail(limit);
        for (const part of parts) tail.write(Buffer.from(part));
        const all = parts.join('');
        const kept = all.slice(-limit);
        const expected = all.length > limit ? kept.slice(kept.indexOf('\n') + 1) : kept;
        expect(text(tail)).to.equal(all.length > limit && !kept.includes('\n') ? '' : expected);
        expect(tail.total).to.equal(all.length);
      }),
    );
  });
});
