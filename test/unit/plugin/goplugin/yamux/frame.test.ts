import { expect } from 'chai';
import * as fc from 'fast-check';
import { isCoded } from '../../../../../crds/errors.ts';
import { FrameType } from '../../../../../plugin/goplugin/yamux/constants.ts';
import { encodeHeader, FrameDecoder, type FrameHeader } from '../../../../../plugin/goplugin/yamux/frame.ts';
import { cutAt, cuts } from '../chunks.ts';

interface Frame extends FrameHeader {
  readonly payload: string;
}

const frame = fc
  .record({
    type: fc.constantFrom(...Object.values(FrameType)),
    flags: fc.integer({ min: 0, max: 0xffff }),
    streamId: fc.integer({ min: 0, max: 0xffffffff }),
    value: fc.integer({ min: 0, max: 0xffffffff }),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ value, payload, ...header }): Frame => {
    const isData = header.type === FrameType.Data;
    return {
      ...header,
      length: isData ? payload.length : value,
      payload: isData ? Buffer.from(payload).toString('hex') : '',
    };
  });

function collect(): { frames: Frame[]; decoder: FrameDecoder } {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder({
    header: (header) => frames.push({ ...header, payload: '' }),
    payload: (streamId, piece) => {
      const last = frames.pop();
      if (last === undefined || last.streamId !== streamId) throw new Error('a payload of no frame');
      frames.push({ ...last, payload: last.payload + Buffer.from(piece).toString('hex') });
    },
  });
  return { frames, decoder };
}

function encode(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.flatMap((f) => [encodeHeader(f), Buffer.from(f.payload, 'hex')]));
}

describe('the yamux frame codec', () => {
  it('reads the same frames however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 30 }), cuts, (frames, points) => {
        const bytes = encode(frames);
        for (const cut of [points, 'each byte'] as const) {
          const { frames: read, decoder } = collect();
          for (const piece of cutAt(bytes, cut)) decoder.push(piece);
          expect(read).to.deep.equal(frames);
          expect(decoder.partial).to.equal(false);
        }
      }),
    );
  });

  it('writes the headers that a Go host was seen to exchange', () => {
    expect(encodeHeader({ type: 1, flags: 1, streamId: 1, length: 0 }).toString('hex')).to.equal(
      '000100010000000100000000',
    );
    expect(encodeHeader({ type: 0, flags: 0, streamId: 7, length: 0x4b }).toString('hex')).to.equal(
      '00000000000000070000004b',
    );
    expect(encodeHeader({ type: 2, flags: 2, streamId: 0, length: 0 }).toString('hex')).to.equal(
      '000200020000000000000000',
    );
  });

  for (const [what, bytes] of [
    ['another version', '010000000000000100000000'],
    ['an unknown type', '000400000000000100000000'],
  ] as const) {
    it(`refuses ${what}`, () => {
      const { decoder } = collect();
      expect(() => decoder.push(Buffer.from(bytes, 'hex')))
        .to.throw()
        .that.satisfies((e: unknown) => isCoded(e, 'PROTOCOL_VIOLATION'));
    });
  }

  it('holds nothing back of a frame that claims four gigabytes', () => {
    const { frames, decoder } = collect();
    decoder.push(encodeHeader({ type: FrameType.Data, flags: 0, streamId: 1, length: 0xffffffff }));
    decoder.push(Buffer.from('abc'));
    expect(frames[0]?.payload).to.equal(Buffer.from('abc').toString('hex'));
    expect(decoder.partial).to.equal(true);
  });
});
