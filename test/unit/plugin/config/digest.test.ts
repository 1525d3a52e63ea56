import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson, configDigest } from '../../../../plugin/config/digest.ts';

/** The same value with every object's members in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('canonical JSON', () => {
  it('is the same text for the same value, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).to.equal(canonicalJson(value));
      }),
    );
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('has one digest known from outside', () => {
    expect(canonicalJson({ b: [1, { d: 2, c: undefined }], a: 'x' })).to.equal('{"a":"x","b":[1,{"d":2}]}');
    expect(configDigest({})).to.equal('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
