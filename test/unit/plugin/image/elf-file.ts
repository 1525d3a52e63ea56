/** Writes the smallest 64-bit ELF file that names a loader and libraries: headers, a dynamic section, its strings. */
export function elfFile(options: {
  readonly machine: number;
  readonly loader?: string;
  readonly needed?: readonly string[];
  readonly trailer?: string;
}): Buffer {
  const { machine, loader, needed = [], trailer = '' } = options;
  const segments = loader === undefined ? 2 : 3;
  const dynamicAt = 64 + 56 * segments;
  const dynamicSize = 16 * (needed.length + 3);
  const stringsAt = dynamicAt + dynamicSize;
  const strings = Buffer.from(`\0${needed.map((name) => `${name}\0`).join('')}`);
  const loaderAt = stringsAt + strings.length;
  const interpreter = Buffer.from(loader === undefined ? '' : `${loader}\0`);
  const base = 0x400000;
  let at = 1;
  const entries = needed.map((name): [number, number] => {
    const entry: [number, number] = [1, at];
    at += name.length + 1;
    return entry;
  });
  entries.push([5, base + stringsAt], [10, strings.length], [0, 0]);
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(machine, 18);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(segments, 56);
  const segment = (type: number, offset: number, size: number): Buffer => {
    const bytes = Buffer.alloc(56);
    bytes.writeUInt32LE(type, 0);
    bytes.writeBigUInt64LE(BigInt(offset), 8);
    bytes.writeBigUInt64LE(BigInt(base + offset), 16);
    bytes.writeBigUInt64LE(BigInt(size), 32);
    return bytes;
  };
  const dynamic = Buffer.alloc(dynamicSize);
  for (const [index, [tag, value]] of entries.entries()) {
    dynamic.writeBigUInt64LE(BigInt(tag), index * 16);
    dynamic.writeBigUInt64LE(BigInt(value), index * 16 + 8);
  }
  return Buffer.concat([
    header,
    ...(loader === undefined ? [] : [segment(3, loaderAt, interpreter.length)]),
    segment(1, 0, loaderAt),
    segment(2, dynamicAt, dynamicSize),
    dynamic,
    strings,
    interpreter,
    Buffer.from(trailer),
  ]);
}
