import { expect } from 'chai';
import fc from 'fast-check';
import { decodeJsonLines } from '../../../../crds/client/json-lines.ts';
import { isCoded } from '../../../../crds/errors.ts';
import { collect, failureOf } from '../../../support/promises.ts';

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (let index = 0; offset < bytes.length; index++) {
    const size = Math.max(1, sizes[index % Math.max(1, sizes.length)] ?? 1);
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

async function decode(text: string, sizes: readonly number[] = [64], limit?: number): Promise<unknown[]> {
  return collect(decodeJsonLines(chunked(new TextEncoder().encode(text), sizes), limit));
}

describe('decoding a watch into lines of JSON', () => {
  it('gives the same values whatever the chunks, also when they split a character', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        async (values, sizes, lastNewline) => {
          const text = values.map((value) => JSON.stringify(value)).join('\n') + (lastNewline ? '\n' : '');
          expect(await decode(text, sizes)).to.deep.equal(JSON.parse(JSON.stringify(values)));
        },
      ),
    ));

  it('keeps a character of four bytes that comes one byte at a time', async () => {
    expect(await decode('{"name":"🐤é"}\n', [1])).to.deep.equal([{ name: '🐤é' }]);
  });

  it('does not keep the buffer of a chunk that its sender uses again', async () => {
    async function* reused(): AsyncGenerator<Uint8Array> {
      const buffer = new TextEncoder().encode('{"a":');
      yield buffer;
      buffer.set(new TextEncoder().encode('"b"}\n'));
      yield buffer;
    }
    expect(await collect(decodeJsonLines(reused()))).to.deep.equal([{ a: 'b' }]);
  });

  it('skips empty lines', async () => {
    expect(await decode('\n1\n\n \n2\n')).to.deep.equal([1, 2]);
  });

  it('takes a line of exactly the limit and refuses one byte more', async () => {
    expect(await decode('"abcd"\n', [3], 6)).to.deep.equal(['abcd']);
    expect(isCoded(await failureOf(decode('"abcde"\n', [3], 6)), 'API_UNEXPECTED')).to.equal(true);
  });

  it('refuses an endless line before it has arrived', async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        sent += 1024;
        yield new Uint8Array(1024).fill(0x78);
      }
    }
    const error = await failureOf(collect(decodeJsonLines(endless(), 10_000)));
    expect(isCoded(error, 'API_UNEXPECTED')).to.equal(true);
    expect(sent).to.be.lessThan(12_000);
  });

  it('says that the stream broke when it ends inside a value, after giving what was whole', async () => {
    const values: unknown[] = [];
    const error = await failureOf(
      (async () => {
        const bytes = new TextEncoder().encode('{"a":1}\n{"a":');
        for await (const value of decodeJsonLines(chunked(bytes, [5]))) values.push(value);
      })(),
    );
    expect(values).to.deep.equal([{ a: 1 }]);
    expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
  });

  it('refuses a line that is not JSON without repeating it', async () => {
    const error = await failureOf(decode('<html>secret</html>\n'));
    expect(isCoded(error, 'API_UNEXPECTED')).to.equal(true);
    expect(String(error)).not.to.include('secret');
  });
});
