import { expect } from 'chai';
import fc from 'fast-check';
import { RedactedLines } from '../../../../operator/cli/redacted-lines.ts';
import { WholeLines } from '../../../../operator/cli/whole-lines.ts';
import { createRedactor } from '../../../../operator/redact/index.ts';

/** Writes a text in pieces of these sizes, for ever the last. */
function inPieces(text: string, sizes: readonly number[], write: (chunk: Uint8Array) => void): void {
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[Math.min(i, sizes.length - 1)] ?? 1);
    write(bytes.subarray(at, at + size));
    at += size;
  }
}

describe('a log that is written redacted', () => {
  const redact = (text: string): string => text.replaceAll('secret', '<hidden>');
  const written = (text: string, sizes: readonly number[], rule = redact): string => {
    let out = '';
    const lines = new RedactedLines(rule, (line) => {
      out += line;
    });
    inPieces(text, sizes, (chunk) => lines.write(chunk));
    lines.end();
    return out;
  };

  it('has the same lines however it is cut into chunks', () => {
    const line = fc.stringMatching(/^[a-zé€😀 ]{0,12}(secret)?$/u);
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 9 }), { minLength: 1 }), (lines, sizes) => {
        const text = lines.map((each) => `${each}\n`).join('');
        expect(written(text, sizes)).to.equal(redact(text));
      }),
    );
  });

  it('keeps the timestamps of the kubelet and ends its last line', () => {
    const rule = (text: string): string => text.replace(/\d+/g, '<num>');
    expect(written('2026-01-01T00:00:00.123456789Z order 17', [1000], rule)).to.equal(
      '2026-01-01T00:00:00.123456789Z order <num>\n',
    );
  });

  it('hides a private key that spans lines, each with its own timestamp', () => {
    const key = Array.from({ length: 6 }, () =>
      'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ'.repeat(1),
    );
    const lines = ['-----BEGIN PRIVATE KEY-----', ...key, '-----END PRIVATE KEY-----', 'ready'];
    const text = lines.map((line, i) => `2026-01-01T00:00:0${i}Z ${line}\n`).join('');
    const redactor = createRedactor();
    const out = written(text, [7], (line) => redactor.redact(line));
    expect(out).not.to.contain('MIIEvQ');
    expect(out).to.match(/2026-01-01T00:00:08Z ready\n$/);
    expect(redactor.count).to.be.greaterThan(0);
  });

  it('comes in blocks of whole lines, with nothing lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 70_000 }), { maxLength: 6 }),
        fc.nat({ max: 50_000 }),
        (lengths, size) => {
          const text = lengths.map((length) => `${'x'.repeat(length)}\n`).join('');
          const blocks: string[] = [];
          const whole = new WholeLines((block) => blocks.push(Buffer.from(block).toString()));
          inPieces(text, [size + 1], (chunk) => whole.write(chunk));
          whole.end();
          expect(blocks.join('')).to.equal(text);
          for (const block of blocks) expect(block.endsWith('\n')).to.equal(true);
        },
      ),
      { numRuns: 30 },
    );
  });
});
