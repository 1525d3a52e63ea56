import { expect } from 'chai';
import fc from 'fast-check';
import { distil, sourceOf, templatesOf } from './support.ts';

const at = (second: number): string => `2026-01-01T00:00:0${second}.000000000Z`;

describe('lines as container runtimes write them', () => {
  it("takes CRI's stream and tag off", () => {
    expect(
      templatesOf(
        `${at(0)} stdout F INFO one`,
        `${at(1)} stderr F ERROR two`,
        `${at(2)} stdout F:tag INFO three`,
      ),
    ).to.have.members(['1 info -|one', '1 error -|two', '1 info -|three']);
  });

  it('joins the parts of a line, also where the streams interleave', () => {
    expect(
      templatesOf(
        `${at(0)} stdout P {"level":"error",`,
        `${at(1)} stderr P ERROR to`,
        `${at(2)} stdout P "msg":"order`,
        `${at(3)} stderr F gether`,
        `${at(4)} stdout F  failed"}`,
      ),
    ).to.have.members(['1 error -|together', '1 error -|order failed']);
  });

  it('keeps the empty line and the parts that are never ended', () => {
    const { lines, templates } = distil([
      { source: sourceOf('canary'), text: `${at(0)} stdout F \n${at(1)} stdout P ERROR cut` },
    ]);
    expect(lines.canary).to.equal(2);
    expect(templates.map(({ text }) => text)).to.deep.equal(['cut']);
  });

  it('counts a joined line once, at the time of its first part', () => {
    const { lines, span } = distil([
      { source: sourceOf('canary'), text: `${at(0)} stdout P a\n${at(1)} stdout P b\n${at(2)} stdout F c\n` },
    ]);
    expect(lines.canary).to.equal(1);
    expect(span.canary).to.deep.equal({ from: Date.parse(at(0)), to: Date.parse(at(0)) });
  });

  it('takes text that only begins alike for text', () => {
    expect(templatesOf(`${at(0)} stdout Full of text`, 'stdout F without a time')).to.have.members([
      '1 unknown -|stdout Full of text',
      '1 unknown -|stdout F without a time',
    ]);
  });

  it("opens Docker's JSON, joins its parts and takes its time", () => {
    const docker = (log: string, second: number): string =>
      JSON.stringify({ log, stream: 'stdout', time: at(second) });
    const text = [
      docker('ERROR say "hi" ', 1),
      docker('é\n', 2),
      docker('{"level":"warn","msg":"slow"}\n', 3),
    ];
    const { templates, span } = distil([{ source: sourceOf('canary'), text: text.join('\n') }]);
    expect(templates.map(({ level, text }) => `${level} ${text}`)).to.have.members([
      'error say "hi" é',
      'warn slow',
    ]);
    expect(span.canary?.from).to.equal(Date.parse(at(1)));
  });

  it('takes a record that only has a key named log for a record', () => {
    expect(templatesOf('{"log":"x","level":"info","msg":"m"}')).to.deep.equal(['1 info -|m']);
  });

  it('bounds a line of endless parts', () => {
    const part = `${at(0)} stdout P ${'x '.repeat(4_000)}\n`;
    const { lines, templates } = distil([
      {
        source: sourceOf('canary'),
        text: `${part.repeat(400)}${at(1)} stdout F end\n${at(2)} stdout F INFO next`,
      },
    ]);
    expect(lines.canary).to.equal(2);
    expect(templates.map(({ text }) => text)).to.include('next');
  });

  it('gives a line the same template whether it is split or not', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 4 }),
        (text, cuts) => {
          const line = `WARN ${text}`;
          const points = [...new Set(cuts)].sort((a, b) => a - b).filter((cut) => cut < line.length);
          const parts = [...points, line.length].map((to, k) => line.slice(points[k - 1] ?? 0, to));
          const split = parts.map((part, k) => `${at(0)} stdout ${k + 1 < parts.length ? 'P' : 'F'} ${part}`);
          expect(templatesOf(...split)).to.deep.equal(templatesOf(`${at(0)} ${line}`));
        },
      ),
    );
  });
});
