const OTHER = 0;

/**
 * Which of many words are in a text, in one pass over it (Aho and Corasick, Communications of the ACM 18, 1975).
 * Words are lower-case ASCII; the text may have any case.
 */
export class Keywords {
  readonly #columns = new Uint8Array(128);
  readonly #width: number;
  /** node · width + column → node, with the failure links worked in. */
  readonly #next: Int32Array;
  /** The owners of the words that end at a node, suffixes included. */
  readonly #ends: readonly (readonly number[])[];
  readonly #owners: number;

  /** `words[i]` are those of owner `i`. */
  constructor(words: readonly (readonly string[])[]) {
    this.#owners = words.length;
    const all = words.flat();
    let width = 1;
    for (const c of new Set(all.join(''))) {
      const code = c.charCodeAt(0);
      if (code >= 128) throw new RangeError(`the keyword letter ${c} is not ASCII`);
      this.#columns[code] = width;
      const upper = c.toUpperCase().charCodeAt(0);
      if (upper < 128) this.#columns[upper] = width;
      width += 1;
    }
    this.#width = width;
    const size = all.reduce((sum, word) => sum + word.length, 1);
    const next = new Int32Array(size * width);
    const ends: number[][] = [[]];
    let nodes = 1;
    for (const [owner, list] of words.entries()) {
      for (const word of list) {
        let node = 0;
        for (let k = 0; k < word.length; k += 1) {
          const at = node * width + (this.#columns[word.charCodeAt(k)] ?? OTHER);
          if (next[at] === 0) {
            next[at] = nodes;
            ends[nodes] = [];
            nodes += 1;
          }
          node = next[at] ?? 0;
        }
        ends[node]?.push(owner);
      }
    }
    this.#next = next;
    this.#ends = ends;
    this.#link(ends);
  }

  #link(ends: number[][]): void {
    const next = this.#next;
    const width = this.#width;
    const fail = new Int32Array(ends.length);
    const queue: number[] = [];
    for (let column = 1; column < width; column += 1) {
      const child = next[column] ?? 0;
      if (child !== 0) queue.push(child);
    }
    for (let head = 0; head < queue.length; head += 1) {
      const node = queue[head] ?? 0;
      const link = fail[node] ?? 0;
      ends[node]?.push(...(ends[link] ?? []));
      for (let column = 1; column < width; column += 1) {
        const at = node * width + column;
        const child = next[at] ?? 0;
        const behind = next[link * width + column] ?? 0;
        if (child === 0) next[at] = behind;
        else {
          fail[child] = behind;
          queue.push(child);
        }
      }
    }
  }

  /** One entry per owner: 1 where a word of its is in the text, else 0. */
  in(text: string): Uint8Array {
    const found = new Uint8Array(this.#owners);
    const next = this.#next;
    const width = this.#width;
    let node = 0;
    for (let k = 0; k < text.length; k += 1) {
      const code = text.charCodeAt(k);
      const column = code < 128 ? (this.#columns[code] ?? OTHER) : OTHER;
      node = column === OTHER ? 0 : (next[node * width + column] ?? 0);
      const ends = this.#ends[node];
      if (ends !== undefined) for (let e = 0; e < ends.length; e += 1) found[ends[e] ?? 0] = 1;
    }
    return found;
  }
}
