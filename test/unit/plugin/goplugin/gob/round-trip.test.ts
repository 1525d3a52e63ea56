import { expect } from 'chai';
import * as fc from 'fast-check';
import { GobDecoder } from '../../../../../plugin/goplugin/gob/decoder.ts';
import { GobEncoder } from '../../../../../plugin/goplugin/gob/encoder.ts';
import {
  type GobType,
  INT,
  INTERFACE,
  STRING,
  sliceOf,
  structOf,
  UINT,
} from '../../../../../plugin/goplugin/gob/schema.ts';
import type { FieldsRead } from '../../../../../plugin/goplugin/gob/type-registry.ts';
import { GobInterface } from '../../../../../plugin/goplugin/gob/wire.ts';
import { cutAt, cuts } from '../chunks.ts';
import { anyOf, decoded, gobType } from './arbitrary.ts';

function decode(
  bytes: Uint8Array,
  cut: readonly number[] | 'each byte' = [],
  reads: FieldsRead = {},
): unknown[] {
  const values: unknown[] = [];
  const decoder = new GobDecoder((value) => values.push(value), { reads });
  for (const piece of cutAt(bytes, cut)) decoder.push(piece);
  expect(decoder.partial).to.equal(false);
  return values;
}

function fieldsOf(type: GobType): string[] {
  return type.kind === 'struct' ? type.fields.map(({ name }) => name) : [];
}

function encode(type: GobType, ...values: readonly unknown[]): Buffer {
  const encoder = new GobEncoder();
  for (const value of values) encoder.append(type, value);
  return encoder.take();
}

describe('gob, encoded and decoded again', () => {
  it('gives back any value of any type however the bytes are cut', () => {
    const stream = fc.array(gobType, { minLength: 1, maxLength: 3 }).chain((types) =>
      fc.array(
        fc.constantFrom(...types).chain((type) => anyOf(type).map((value) => ({ type, value }))),
        { minLength: 1, maxLength: 5 },
      ),
    );
    fc.assert(
      fc.property(stream, cuts, (items, points) => {
        const encoder = new GobEncoder();
        for (const { type, value } of items) encoder.append(type, value);
        const bytes = encoder.take();
        const expected = items.map(({ type, value }) => decoded(type, value));
        expect(decode(bytes, points)).to.deep.equal(expected);
        expect(decode(bytes, 'each byte')).to.deep.equal(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('gives back interfaces, whose definitions interrupt them the first time only', () => {
    fc.assert(
      fc.property(
        gobType.chain((type) =>
          fc.tuple(fc.constant(type), fc.array(anyOf(type), { minLength: 1, maxLength: 3 })),
        ),
        cuts,
        ([type, values], points) => {
          const bytes = encode(
            INTERFACE,
            ...values.map((value) => new GobInterface('Args', value, type)),
            null,
          );
          const expected = [
            ...values.map((value) => new GobInterface('Args', decoded(type, value), undefined)),
            null,
          ];
          expect(decode(bytes, points)).to.deep.equal(expected);
          expect(decode(bytes, 'each byte')).to.deep.equal(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves out the fields that nobody reads, of whatever type, and reads the others as before', () => {
    const struct = fc
      .array(gobType, { minLength: 1, maxLength: 6 })
      .map((types) => structOf('Read', Object.fromEntries(types.map((type, i) => [`F${i}`, type]))));
    const cases = struct.chain((type) =>
      fc.record({
        type: fc.constant(type),
        values: fc.array(anyOf(type), { minLength: 1, maxLength: 3 }),
        read: fc.subarray(fieldsOf(type)),
      }),
    );
    fc.assert(
      fc.property(cases, cuts, ({ type, values, read }, points) => {
        const bytes = encode(INTERFACE, ...values.map((value) => new GobInterface('Args', value, type)));
        const expected = values.map((value) => {
          const whole = Object.entries(decoded(type, value) as object);
          return Object.fromEntries(whole.filter(([name]) => read.includes(name)));
        });
        const found = decode(bytes, points, { Read: read }) as GobInterface[];
        expect(found.map(({ value }) => value)).to.deep.equal(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses in a field that nobody reads what it would refuse in another', () => {
    const type = structOf('Read', { A: sliceOf(structOf('S', { B: STRING })), C: STRING });
    const bytes = encode(type, { A: [{ B: 'x' }], C: 'y' });
    expect(decode(bytes, [], { Read: ['C'] })).to.deep.equal([{ C: 'y' }]);
    const lengthOfB = bytes.lastIndexOf(Buffer.from('017800', 'hex'));
    for (const [value, reason] of [
      [0x7f, /of length 127 with/],
      [0xf0, /an integer of 16 bytes/],
    ] as const) {
      const broken = Buffer.from(bytes);
      broken[lengthOfB] = value;
      expect(() => decode(broken, [], { Read: ['C'] })).to.throw(reason);
    }
  });

  it('keeps integers exact: numbers where they are safe, bigints beyond', () => {
    const safe = [0, 1, -1, 63, 64, -64, -65, 127, 128, 255, 256, 2 ** 31, -(2 ** 31) - 1, 2 ** 48, 2 ** 52];
    const large = [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)];
    const edges = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const list = sliceOf(INT);
    expect(decode(encode(list, [...safe, ...edges, ...large]))).to.deep.equal([
      [...safe, ...edges, ...large],
    ]);
    expect(decode(encode(UINT, 2n ** 64n - 1n))).to.deep.equal([2n ** 64n - 1n]);
  });

  it('defines each type once in a stream', () => {
    const type = structOf('T', { A: STRING });
    const encoder = new GobEncoder();
    encoder.append(type, { A: 'x' });
    const first = encoder.take().length;
    encoder.append(type, { A: 'x' });
    expect(encoder.take().toString('hex')).to.equal('06ff8201017800');
    expect(first).to.be.greaterThan(20);
  });

  for (const [what, type, value] of [
    ['a string for a number', INT, '1'],
    ['a fraction', INT, 1.5],
    ['a negative unsigned integer', UINT, -1],
    ['an unsigned integer of 65 bits', UINT, 2n ** 64n],
    ['an integer of 65 bits', INT, 2n ** 63n],
    ['null for a struct', structOf('T', {}), null],
    ['an object for a list', sliceOf(INT), {}],
    ['a value without its type for an interface', INTERFACE, 'x'],
    ['an interface inside a value', sliceOf(INTERFACE), []],
  ] as const) {
    it(`does not encode ${what}`, () => {
      expect(() => encode(type, value)).to.throw(/^gob: /);
    });
  }
});
