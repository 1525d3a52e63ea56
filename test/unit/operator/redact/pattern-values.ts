/** A source of chance: a number from 0 up to 1. */
export type Random = () => number;

/** A random source from a seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** A text that a pattern matches, and where its groups are. */
export interface Sample {
  readonly text: string;
  readonly groups: readonly (readonly [number, number] | undefined)[];
}

type Node =
  | { kind: 'set'; chars: string }
  | { kind: 'nothing' }
  | { kind: 'sequence'; nodes: Node[] }
  | { kind: 'choice'; nodes: Node[] }
  | { kind: 'group'; node: Node; index: number | undefined }
  | { kind: 'repeat'; node: Node; least: number; most: number };

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const WORD = `${LOWER}${LOWER.toUpperCase()}${DIGITS}_`;
const PRINTABLE = Array.from({ length: 95 }, (_, k) => String.fromCharCode(32 + k)).join('');

/** Draws texts of a pattern in RE2's syntax: what the pattern documents, made without matching anything. */
export class PatternSampler {
  readonly #pattern: string;
  #at = 0;
  #groups = 0;
  readonly #root: Node;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#root = this.#choice(false);
    if (this.#at !== pattern.length) throw new SyntaxError(`${pattern} at ${this.#at}`);
  }

  sample(random: Random): Sample {
    let text = '';
    const groups: (readonly [number, number] | undefined)[] = Array.from({ length: this.#groups + 1 });
    const write = (node: Node): void => {
      if (node.kind === 'set') text += pick(random, [...node.chars]);
      else if (node.kind === 'sequence') for (const each of node.nodes) write(each);
      else if (node.kind === 'choice') write(pick(random, node.nodes));
      else if (node.kind === 'group') {
        const from = text.length;
        write(node.node);
        if (node.index !== undefined) groups[node.index] = [from, text.length];
      } else if (node.kind === 'repeat') {
        const most = Math.min(node.most, node.least + 12);
        const times = node.least + Math.floor(random() * (most - node.least + 1));
        for (let k = 0; k < times; k += 1) write(node.node);
      }
    };
    write(this.#root);
    return { text, groups };
  }

  #choice(anyCase: boolean): Node {
    const nodes = [this.#sequence(anyCase)];
    while (this.#pattern[this.#at] === '|') {
      this.#at += 1;
      nodes.push(this.#sequence(anyCase));
    }
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: 'choice', nodes };
  }

  #sequence(outer: boolean): Node {
    const nodes: Node[] = [];
    let anyCase = outer;
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at] ?? '')) {
      const flag = /^\(\?(-?)i\)/.exec(this.#pattern.slice(this.#at));
      if (flag !== null) {
        anyCase = flag[1] === '';
        this.#at += flag[0].length;
      } else nodes.push(this.#repeated(this.#atom(anyCase)));
    }
    return { kind: 'sequence', nodes };
  }

  #repeated(node: Node): Node {
    const quantifier = /^(?:([?*+])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#pattern.slice(this.#at));
    if (quantifier === null) return node;
    this.#at += quantifier[0].length;
    const [, sign, least, comma, most] = quantifier;
    if (sign !== undefined) {
      return { kind: 'repeat', node, least: sign === '+' ? 1 : 0, most: sign === '?' ? 1 : 8 };
    }
    const from = Number(least);
    return {
      kind: 'repeat',
      node,
      least: from,
      most: comma === undefined ? from : most === '' ? from + 8 : Number(most),
    };
  }

  #atom(anyCase: boolean): Node {
    const c = this.#pattern[this.#at] ?? '';
    this.#at += 1;
    if (c === '(') return this.#group(anyCase);
    if (c === '[') return { kind: 'set', chars: this.#class(anyCase) };
    if (c === '^' || c === '$') return { kind: 'nothing' };
    if (c === '.') return { kind: 'set', chars: `${WORD}-.` };
    if (c === '\\') {
      const chars = this.#escape();
      return chars === undefined ? { kind: 'nothing' } : { kind: 'set', chars };
    }
    return { kind: 'set', chars: c };
  }

  #group(outer: boolean): Node {
    const head = /^\?(?:P<\w+>|(-?)[is]?:)/.exec(this.#pattern.slice(this.#at));
    let index: number | undefined;
    let anyCase = outer;
    if (head === null || head[0].startsWith('?P<')) index = this.#groups += 1;
    if (head !== null) {
      this.#at += head[0].length;
      if (head[0] === '?i:') anyCase = true;
      else if (head[0] === '?-i:') anyCase = false;
    }
    const node = this.#choice(anyCase);
    this.#at += 1;
    return { kind: 'group', node, index };
  }

  /** The characters behind a backslash; undefined for a place. */
  #escape(): string | undefined {
    const c = this.#pattern[this.#at] ?? '';
    this.#at += 1;
    if (c === 'b' || c === 'B' || c === 'z') return undefined;
    if (c === 'd') return DIGITS;
    if (c === 'w') return WORD;
    if (c === 's') return ' ';
    if (c === 'S') return WORD;
    if (c === 'n') return '\n';
    if (c === 'r') return '\r';
    if (c === 't') return '\t';
    if (c === 'x') {
      const code = Number.parseInt(this.#pattern.slice(this.#at, this.#at + 2), 16);
      this.#at += 2;
      return String.fromCharCode(code);
    }
    return c;
  }

  #class(anyCase: boolean): string {
    let chars = '';
    const negated = this.#pattern[this.#at] === '^';
    if (negated) this.#at += 1;
    for (let first = true; first || this.#pattern[this.#at] !== ']'; first = false) {
      const posix = /^\[:(\w+):\]/.exec(this.#pattern.slice(this.#at));
      if (posix !== null) {
        this.#at += posix[0].length;
        chars += posix[1] === 'alnum' ? WORD.slice(0, -1) : '';
        continue;
      }
      let c = this.#pattern[this.#at] ?? '';
      this.#at += 1;
      if (c === '\\') {
        const escaped = this.#escape() ?? '';
        if (escaped.length > 1) {
          chars += escaped;
          continue;
        }
        c = escaped;
      }
      if (this.#pattern[this.#at] === '-' && this.#pattern[this.#at + 1] !== ']' && c !== '') {
        const end = this.#pattern[this.#at + 1] ?? '';
        this.#at += 2;
        for (let code = c.charCodeAt(0); code <= end.charCodeAt(0); code += 1) {
          chars += String.fromCharCode(code);
        }
      } else chars += c;
    }
    this.#at += 1;
    if (negated) return [...PRINTABLE].filter((c) => !chars.includes(c)).join('');
    return anyCase ? [...new Set(`${chars.toLowerCase()}${chars.toUpperCase()}`)].join('') : chars;
  }
}
