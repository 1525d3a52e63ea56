import { CodedError } from '../../crds/errors.ts';

/** What a program or library for Linux says about what it needs to run. */
export interface Elf {
  readonly machine: Machine;
  /** The dynamic loader the kernel is to start; absent in libraries and static programs. */
  readonly loader?: string;
  /** Names of the libraries it is linked against, in the order they are searched. */
  readonly needed: readonly string[];
  /** Folders it wants searched for them, with `$ORIGIN` as it stands. */
  readonly runPath: readonly string[];
}

/** The architectures the plugin runs on. */
export type Machine = 'x86_64' | 'aarch64';

/** `e_machine` (System V ABI; EM_X86_64 and EM_AARCH64). */
const MACHINES: Readonly<Record<number, Machine>> = { 62: 'x86_64', 183: 'aarch64' };
/** `e_ident` of a 64-bit little-endian file. */
const IDENT = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 } as const;
const TAG = { end: 0, needed: 1, stringTable: 5, stringSize: 10, rPath: 15, runPath: 29 } as const;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/**
 * Reads the program headers and the dynamic section of an ELF file (System V ABI, chapters 4 and 5).
 * @param name is what an error calls the file.
 * @param read gives up to `length` bytes from `offset`.
 * @throws CodedError `CONFIG_INVALID` when it is no 64-bit little-endian ELF file of a known machine.
 */
export function readElf(name: string, read: (offset: number, length: number) => Buffer): Elf {
  const exactly = (offset: number, length: number): Buffer => {
    const bytes = read(offset, length);
    if (bytes.length < length)
      throw new CodedError('CONFIG_INVALID', `${name} ends in the middle of a header`);
    return bytes;
  };
  const start = read(0, 64);
  if (start.length < 64 || !start.subarray(0, IDENT.length).equals(IDENT)) {
    throw new CodedError('CONFIG_INVALID', `${name} is not a 64-bit program or library for Linux`);
  }
  const machine = MACHINES[start.readUInt16LE(18)];
  if (machine === undefined) {
    throw new CodedError('CONFIG_INVALID', `${name} is for neither x86-64 nor arm64`);
  }
  const segments = segmentsOf(start, exactly);
  const find = (type: number): Segment | undefined => segments.find((segment) => segment.type === type);
  const interpreter = find(SEGMENT.interpreter);
  const dynamic = find(SEGMENT.dynamic);
  const entries = dynamic === undefined ? [] : entriesOf(exactly(dynamic.offset, dynamic.size));
  const strings = stringTable(name, entries, segments, exactly);
  const named = (...tags: number[]): string[] =>
    entries.filter(([tag]) => tags.includes(tag)).map(([, value]) => stringAt(strings, value));
  return {
    machine,
    ...(interpreter === undefined
      ? {}
      : { loader: stringAt(exactly(interpreter.offset, interpreter.size), 0) }),
    needed: named(TAG.needed),
    runPath: named(TAG.rPath, TAG.runPath).flatMap((path) => path.split(':').filter((part) => part !== '')),
  };
}

function segmentsOf(start: Buffer, exactly: (offset: number, length: number) => Buffer): Segment[] {
  const size = start.readUInt16LE(54);
  const headers = exactly(Number(start.readBigUInt64LE(32)), size * start.readUInt16LE(56));
  return Array.from({ length: start.readUInt16LE(56) }, (_, index) => ({
    type: headers.readUInt32LE(index * size),
    offset: Number(headers.readBigUInt64LE(index * size + 8)),
    address: Number(headers.readBigUInt64LE(index * size + 16)),
    size: Number(headers.readBigUInt64LE(index * size + 32)),
  }));
}

function entriesOf(section: Buffer): [tag: number, value: number][] {
  const entries: [number, number][] = [];
  for (let at = 0; at + 16 <= section.length; at += 16) {
    const tag = Number(section.readBigInt64LE(at));
    if (tag === TAG.end) break;
    entries.push([tag, Number(section.readBigUInt64LE(at + 8))]);
  }
  return entries;
}

function stringTable(
  name: string,
  entries: readonly (readonly [number, number])[],
  segments: readonly Segment[],
  exactly: (offset: number, length: number) => Buffer,
): Buffer {
  const value = (wanted: number): number | undefined => entries.find(([tag]) => tag === wanted)?.[1];
  const address = value(TAG.stringTable);
  const size = value(TAG.stringSize);
  if (address === undefined || size === undefined) return Buffer.alloc(0);
  const segment = segments.find(
    ({ type, address: from, size: length }) =>
      type === SEGMENT.load && from <= address && address < from + length,
  );
  if (segment === undefined) {
    throw new CodedError('CONFIG_INVALID', `${name} has its dynamic strings in no segment`);
  }
  return exactly(address - segment.address + segment.offset, size);
}

function stringAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end < 0 ? bytes.length : end);
}
