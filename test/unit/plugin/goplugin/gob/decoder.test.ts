import { expect } from 'chai';
import * as fc from 'fast-check';
import { isCoded } from '../../../../../crds/errors.ts';
import { GobDecoder } from '../../../../../plugin/goplugin/gob/decoder.ts';
import type { GobLimits } from '../../../../../plugin/goplugin/gob/wire.ts';

/** struct Request{ServiceMethod string; Seq uint}, defined as 65, then one value of it. */
const STRUCT =
  'ff81 03 0101 07 52657175657374 01 ff82 00 01 02 01 0d 536572766963654d6574686f64 01 0c 00 01 03 536571 01 06 00 00 00';

function decode(hex: string, limits: Partial<GobLimits> = {}): unknown[] {
  const values: unknown[] = [];
  new GobDecoder((value) => values.push(value), { limits }).push(bytes(hex));
  return values;
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A message: its count, then its bytes. */
function message(spaced: string): string {
  const hex = spaced.replaceAll(' ', '');
  const size = bytes(hex).length;
  if (size < 0x80) return Buffer.of(size).toString('hex') + hex;
  return `fc${size.toString(16).padStart(8, '0')}${hex}`;
}

function refuses(hex: string, reason: RegExp, limits?: Partial<GobLimits>): void {
  expect(() => decode(hex, limits))
    .to.throw(reason)
    .that.satisfies((error: unknown) => isCoded(error, 'CODEC_FAILED'));
}

describe('the gob decoder', () => {
  it('reads the top-level values that a Go peer was seen to send', () => {
    expect(decode('0a 0c 00 07 6d792d74797065')).to.deep.equal(['my-type']);
    expect(decode('03 06 00 01')).to.deep.equal([1]);
    expect(decode('03 10 00 00')).to.deep.equal([null]);
    expect(decode('0a ff85 0301 02 ff86 00 00 00 03 ff86 00')).to.deep.equal([{}]);
    expect(decode('03 02 00 01')).to.deep.equal([true]);
  });

  it('leaves absent what was not sent', () => {
    expect(decode(message(STRUCT) + message('ff82 01 03 612e62 00'))).to.deep.equal([
      { ServiceMethod: 'a.b' },
    ]);
  });

  it('indexes definitions by the id of the message, not by the one inside: Go sends another for pointers to Time', () => {
    const time = message('ff91 05 01 02 fe0240 00 00 00');
    const list = message('ff93 02 01 02 ff94 00 01 ff92 00 00');
    expect(decode(time + list + message('ff94 00 01 02 0102'))).to.deep.equal([[new Uint8Array([1, 2])]]);
  });

  it('keeps a map key that would be a prototype', () => {
    const type = message('ff81 04 01 02 ff82 00 01 0c 01 0c 00 00');
    const [value] = decode(type + message('ff82 00 01 09 5f5f70726f746f5f5f 01 78'));
    expect(value).to.deep.equal(new Map([['__proto__', 'x']]));
  });

  it('calls a field that Go would not export hostile', () => {
    refuses(message('ff81 03 02 01 01 09 5f5f70726f746f5f5f 01 0c 00 00 00'), /would not export/);
  });

  it("finds what is wrong with a definition in an interface's sequence when a value needs it", () => {
    const begun = message('10 00 01 41 ff81 03 01 02 ff82 00 01 01 01 01 42 01 ff84 00 00 00');
    const malformed = message('ff83 09 00');
    const [value] = decode(begun + malformed + message('ff82 01 00'));
    expect(value).to.have.property('value').that.deep.equals({});
    refuses(begun + malformed + message('ff82 04 01 01 41 00'), /unknown kind 8/);
    refuses(begun + malformed + malformed, /duplicate type 66 received/);
  });

  it('refuses a second definition of a type', () => {
    const empty = message('ff85 03 01 02 ff86 00 00 00');
    refuses(empty + empty, /duplicate type 67 received/);
    refuses(message('11 03 01 02 10 00 00 00'), /duplicate type 9/);
  });

  for (const [what, hex, reason] of [
    ['an unknown type', message('ff86 00'), /type 67, which was not defined/],
    ['a type definition of unknown kind', message('ff81 09 00'), /unknown kind 8/],
    ['data after a type definition', message('ff85 03 01 02 ff86 00 00 00 01'), /extra data/],
    ['data after a value', message('06 00 01 01'), /1 bytes after a value/],
    [
      'a field beyond the struct',
      message('ff85 03 01 02 ff86 00 00 00') + message('ff86 01 00'),
      /field 0 of struct/,
    ],
    ['a string longer than its message', message('0c 00 05 6162'), /a string of length 5 with 2 bytes left/],
    ['bytes of 2^63 bytes', message('0a 00 f8 8000000000000000'), /out of range/],
    ['an integer of nine bytes', message('06 00 f7 010101010101010101'), /an integer of 9 bytes/],
    ['a value that ends in an integer', message('06 00 fe 01'), /ends inside an integer/],
    ['a value that is not there', message('06'), /ends too soon/],
    ['a singleton with a field number', message('06 01 01'), /non-zero delta/],
    ['a count of nine bytes', 'f7 01', /message count of 9 bytes/],
    [
      'an interface of the wrong size',
      message('10 00 01 41 06 07 00 01'),
      /interface value of 7 bytes with 2/,
    ],
    [
      'a list with more elements than bytes',
      message('ff81 02 01 02 ff82 00 01 0c 00 00') + message('ff82 00 fc 7fffffff'),
      /a list .* of length 2147483647 with 0 bytes left/,
    ],
    [
      'an array of another length',
      message('ff81 01 01 02 ff82 00 01 06 01 04 00 00') + message('ff82 00 01 01'),
      /array .* of 1 elements, 2 expected/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => refuses(hex, reason));
  }

  it('refuses a message over its limit before the first byte of it', () => {
    refuses('fc 01000001', /message of 16777217 bytes: the limit is 16777216/);
    refuses('f8 ffffffffffffffff', /the limit is/);
  });

  it('refuses values nested deeper than its limit, in a type that contains itself', () => {
    const list = message('ff81 02 01 02 ff82 00 01 ff82 00 00');
    const deep = (depth: number) => list + message(`ff82 00 ${'01'.repeat(depth - 1)} 00`);
    expect(decode(deep(200))).to.have.length(1);
    refuses(deep(201), /nested deeper than 200/);
    refuses(deep(1_000_000), /nested deeper than 200/);
  });

  it('refuses more definitions than its limit', () => {
    const type = (id: string) => message(`${id} 03 01 00 00 00`);
    expect(decode(type('ff81') + type('ff83'), { maxTypes: 2 })).to.deep.equal([]);
    refuses(type('ff81') + type('ff83') + type('ff85'), /more than 2 type definitions/, { maxTypes: 2 });
  });

  it('either reads or refuses any bytes, and never throws anything else', () => {
    const prefixes = [
      '',
      message('ff81 02 01 02 ff82 00 01 ff82 00 00'),
      message('ff81 03 02 02 01 01 41 01 0c 00 01 01 42 01 ff82 00 00 00'),
      message('ff81 04 01 02 ff82 00 01 0c 01 ff82 00 00'),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.uint8Array({ maxLength: 80 }), (prefix, noise) => {
        const hex = Buffer.from(noise).toString('hex');
        for (const stream of [prefix + hex, prefix + message(`ff82${hex}`), prefix + message(hex)]) {
          try {
            decode(stream);
          } catch (error) {
            expect(isCoded(error, 'CODEC_FAILED'), String(error)).to.equal(true);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
