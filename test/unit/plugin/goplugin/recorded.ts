import { readFile } from 'node:fs/promises';
import { GobDecoder } from '../../../../plugin/goplugin/gob/decoder.ts';
import { GoTime } from '../../../../plugin/goplugin/gob/time.ts';
import type { FieldsRead } from '../../../../plugin/goplugin/gob/type-registry.ts';
import { FrameDecoder, type FrameHeader } from '../../../../plugin/goplugin/yamux/frame.ts';

const FOLDER = new URL('../../../fixtures/go-plugin/', import.meta.url);

/** What one side said in the session that test/host recorded against Argo Rollouts' own rpc client. */
export async function recorded(side: 'host-to-plugin' | 'plugin-to-host'): Promise<Buffer> {
  return await readFile(new URL(`${side}.bin`, FOLDER));
}

/** A recorded side, taken apart: its frames, and the payload of each stream. */
export function takeApart(chunks: Iterable<Uint8Array>): {
  frames: FrameHeader[];
  streams: ReadonlyMap<number, Buffer>;
} {
  const frames: FrameHeader[] = [];
  const pieces = new Map<number, Uint8Array[]>();
  const decoder = new FrameDecoder({
    header: (header) => frames.push(header),
    payload: (id, piece) => {
      const list = pieces.get(id) ?? [];
      pieces.set(id, list);
      list.push(Buffer.from(piece));
    },
  });
  for (const chunk of chunks) decoder.push(chunk);
  return { frames, streams: new Map([...pieces].map(([id, list]) => [id, Buffer.concat(list)])) };
}

/** The values of a gob stream, and its decoder for what it learnt. */
export function decodeAll(
  chunks: Iterable<Uint8Array>,
  reads: FieldsRead = {},
): { values: unknown[]; decoder: GobDecoder } {
  const values: unknown[] = [];
  const decoder = new GobDecoder((value) => values.push(value), {
    opaque: (bytes) => new GoTime(bytes),
    reads,
  });
  for (const chunk of chunks) decoder.push(chunk);
  return { values, decoder };
}
