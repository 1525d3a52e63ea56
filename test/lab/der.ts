/** Encodes one DER element: tag, definite length, content (ITU-T X.690 §8.1, §10.1). */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

/** SEQUENCE of already encoded elements. */
export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(0x30, ...elements);
}

/** SET of one already encoded element; a longer set would have to be sorted. */
export function setOf(only: Uint8Array): Buffer {
  return element(0x31, only);
}

/** INTEGER from big-endian bytes taken as an unsigned number. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  const firstNonZero = bytes.findIndex((byte) => byte !== 0);
  const digits = firstNonZero < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(firstNonZero));
  return element(0x02, ...((digits[0] ?? 0) > 0x7f ? [Buffer.from([0]), digits] : [digits]));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text, 'utf8'));
}

/** GeneralizedTime in UTC with whole seconds. */
export function generalizedTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return element(0x18, Buffer.from(`${digits}Z`, 'latin1'));
}

/** BIT STRING whose last `unusedBits` bits do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.from([unusedBits]), bytes);
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes);
}

/** BOOLEAN TRUE; FALSE is never encoded where it is the default. */
export function booleanTrue(): Buffer {
  return element(0x01, Buffer.from([0xff]));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from([0x80 | digits.length, ...digits]);
}

function base128(number: number): number[] {
  const digits = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift((rest % 128) | 0x80);
  }
  return digits;
}
