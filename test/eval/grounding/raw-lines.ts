import type { Folder } from '../../../operator/bundle/index.ts';
import { SIDES, type Side } from '../../../operator/model.ts';
import { logsOf } from '../peers/lines.ts';
import { MaskedWords, squeezed } from './masked-words.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals
const ANSI = /\u001b\[[\d;]*[A-Za-z]/g;
/** A field of logfmt or klog. */
const FIELD = /(?:^|\s)[A-Za-z_][\w.-]*=(?:"|[^\s=])/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '', f: '' };

interface RawLine {
  /** The line, and for a JSON record also each line of its texts, unescaped. */
  readonly readings: readonly string[];
  /** JSON or `key=value`: its template has some of the fields, in an order of its own. */
  readonly hasFields: boolean;
}

interface RawLog {
  readonly side: Side;
  readonly pod: string;
  readonly lines: readonly RawLine[];
}

/** The raw lines of a bundle, read by nothing of the distiller's, and which of them hold a masked text. */
export class RawLines {
  readonly #logs: readonly RawLog[];

  private constructor(logs: readonly RawLog[]) {
    this.#logs = logs;
  }

  static async of(bundle: Folder): Promise<RawLines> {
    const logs: RawLog[] = [];
    for (const side of SIDES) {
      for await (const { pod, lines } of logsOf(bundle, side))
        logs.push({ side, pod, lines: lines.map(rawLine) });
    }
    return new RawLines(logs);
  }

  /** How many lines of each of a side's pods hold a text that the masks made; the pods with none are left out. */
  holding(masked: string, side: Side): ReadonlyMap<string, number> {
    const words = new MaskedWords(masked);
    const found = new Map<string, number>();
    for (const log of this.#logs) {
      if (log.side !== side) continue;
      const count = log.lines.filter((line) => holds(line, words)).length;
      if (count > 0) found.set(log.pod, (found.get(log.pod) ?? 0) + count);
    }
    return found;
  }
}

function holds({ readings, hasFields }: RawLine, words: MaskedWords): boolean {
  return (
    readings.some((reading) => words.isIn(reading)) ||
    (hasFields && readings.some((reading) => words.hasAllWordsIn(reading)))
  );
}

function rawLine(line: string): RawLine {
  const plain = line.replace(ANSI, '');
  const isJson = /^\s*\{.*\}?\s*$/.test(plain) && plain.includes('":');
  const texts = isJson || plain.includes('\\"') ? [plain, ...unescaped(plain).split('\n')] : [plain];
  return { readings: texts.map(squeezed), hasFields: isJson || FIELD.test(plain) };
}

function unescaped(json: string): string {
  return json.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
