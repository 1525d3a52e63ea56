/** What the masks and the redaction put in place of what varies. */
const PLACEHOLDER = /\{…\}|\?<query>|<[a-z][a-z0-9-]*(?:#[0-9a-f]+)?>/g;
/** Of these, those that stand for something with a digit in it. */
const NUMERIC = new Set(['<num>', '<dur>', '<size>', '<ts>', '<ip>', '<hex>', '<uuid>', '<id>']);

/**
 * A masked text as something that raw lines can be held to: its literal words must stand in the line in this order, what is
 * between two of them must be there, and must hold a digit where a placeholder stands for a number.
 */
export class MaskedWords {
  readonly #literals: readonly string[];
  /** Of the placeholder behind each literal, whether it stands for a number. */
  readonly #numeric: readonly boolean[];
  /** What stands in any line that this text is of. */
  readonly #longest: string;

  constructor(masked: string) {
    const text = squeezed(masked.replace(/…$/, ''));
    this.#numeric = [...text.matchAll(PLACEHOLDER)].map(([mask]) => NUMERIC.has(mask));
    this.#literals = text.split(PLACEHOLDER);
    this.#longest = this.#literals.reduce((a, b) => (b.length > a.length ? b : a), '');
  }

  /** True when the line, squeezed, holds the text. */
  isIn(line: string): boolean {
    if (!line.includes(this.#longest)) return false;
    const [first = ''] = this.#literals;
    for (let at = line.indexOf(first); at >= 0; at = line.indexOf(first, at + 1)) {
      if (this.#restFollows(line, at + first.length)) return true;
      if (first === '') return false;
    }
    return false;
  }

  /** True when every word of the text is in the line, in any order: a record whose fields are not in the order of its text. */
  hasAllWordsIn(line: string): boolean {
    return this.#literals.every((literal) =>
      (literal.match(/[\p{L}\p{N}_$]+/gu) ?? []).every((word) => line.includes(word)),
    );
  }

  #restFollows(line: string, from: number): boolean {
    let at = from;
    for (const [i, literal] of this.#literals.slice(1).entries()) {
      const found = literal === '' ? line.length : line.indexOf(literal, at);
      if (found < 0) return false;
      if (this.#numeric[i] === true && !/\d/.test(line.slice(at, found))) return false;
      at = literal === '' && i < this.#literals.length - 2 ? at : found + literal.length;
    }
    return true;
  }
}

/** Without backticks, which a message cannot quote, and with single spaces. */
export function squeezed(text: string): string {
  return text.replace(/[`']/g, "'").replace(/\s+/g, ' ').trim();
}
