import { expect } from 'chai';
import * as fc from 'fast-check';
import { gatherLines } from '../../../plugin/gathered-lines.ts';

describe('lines that are written together', () => {
  it('are written once a turn of the event loop, in order', async () => {
    const written: string[] = [];
    const lines = gatherLines((text) => written.push(text));
    lines.write('a\n');
    await Promise.resolve();
    lines.write('b\n');
    expect(written).to.deep.equal([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).to.deep.equal(['a\nb\n']);
    lines.write('c\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).to.deep.equal(['a\nb\n', 'c\n']);
  });

  it('are all written once, in order, whoever flushes and whenever a turn ends', () => {
    const event = fc.oneof(
      fc.record({ line: fc.integer({ min: 1, max: 9_000 }) }),
      fc.constant('flush' as const),
      fc.constant('turn' as const),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let [written, expected] = ['', ''];
        let due: (() => void)[] = [];
        const lines = gatherLines(
          (text) => {
            expect(text).not.to.equal('');
            written += text;
          },
          (work) => due.push(work),
        );
        for (const [index, one] of events.entries()) {
          if (one === 'flush') {
            lines.flush();
            expect(written).to.equal(expected);
          } else if (one === 'turn') {
            for (const work of due) work();
            due = [];
            expect(written).to.equal(expected);
          } else {
            const line = `${index}:${'x'.repeat(one.line)}\n`;
            expected += line;
            lines.write(line);
          }
          expect(expected.length - written.length, 'what is held back').to.be.below(16 * 1024);
        }
      }),
    );
  });
});
