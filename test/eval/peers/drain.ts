/** How Drain is set: the depth of its tree and the least share of equal tokens. */
export interface DrainOptions {
  /** Levels of the tree, root and leaves included; 4 as in the paper. */
  readonly depth: number;
  /** 0.4 as in the paper. */
  readonly similarity: number;
}

interface Cluster {
  tokens: string[];
}

interface Node {
  readonly children: Map<string, Node>;
  readonly clusters: Cluster[];
}

const WILDCARD = '<*>';
const MAX_CHILDREN = 100;

/** The masks that Drain's users put in front of it: what varies in nearly every log. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?/g, '<time>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g, '<ip>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<hex>'],
  [/(?<![A-Za-z])[-+]?\d+(?:\.\d+)?/g, '<num>'],
];

/**
 * Drain: an online parser with a tree of fixed depth (He, Zhu, Zheng and Lyu, ICWS 2017). Lines are told apart by their
 * number of tokens, then by their first tokens; among what is left the most similar template takes the line.
 */
export class Drain {
  readonly #options: DrainOptions;
  readonly #roots = new Map<number, Node>();

  constructor(options: DrainOptions = { depth: 4, similarity: 0.4 }) {
    this.#options = options;
  }

  /** Takes a line; true when it made a template of its own. */
  add(line: string): boolean {
    const tokens = maskedTokens(line);
    const { clusters } = this.#leaf(tokens);
    const best = mostSimilar(clusters, tokens);
    if (best === undefined || best.similarity < this.#options.similarity) {
      clusters.push({ tokens });
      return true;
    }
    best.cluster.tokens = best.cluster.tokens.map((token, i) => (token === tokens[i] ? token : WILDCARD));
    return false;
  }

  #leaf(tokens: readonly string[]): Node {
    let node = childOf(this.#roots, tokens.length);
    for (const token of tokens.slice(0, this.#options.depth - 3)) {
      const key = /\d/.test(token) ? WILDCARD : token;
      const known = node.children.has(key) || node.children.size < MAX_CHILDREN;
      node = childOf(node.children, known ? key : WILDCARD);
    }
    return node;
  }
}

function childOf<K>(children: Map<K, Node>, key: K): Node {
  const found = children.get(key);
  if (found !== undefined) return found;
  const made: Node = { children: new Map(), clusters: [] };
  children.set(key, made);
  return made;
}

function maskedTokens(line: string): string[] {
  let text = line;
  for (const [pattern, name] of MASKS) text = text.replace(pattern, name);
  return text.trim().split(/\s+/);
}

function mostSimilar(
  clusters: readonly Cluster[],
  tokens: readonly string[],
): { cluster: Cluster; similarity: number } | undefined {
  let best: { cluster: Cluster; similarity: number; wildcards: number } | undefined;
  for (const cluster of clusters) {
    let equal = 0;
    let wildcards = 0;
    for (const [i, token] of cluster.tokens.entries()) {
      if (token === WILDCARD) wildcards += 1;
      else if (token === tokens[i]) equal += 1;
    }
    const similarity = tokens.length === 0 ? 1 : equal / tokens.length;
    if (
      best === undefined ||
      similarity > best.similarity ||
      (similarity === best.similarity && wildcards > best.wildcards)
    )
      best = { cluster, similarity, wildcards };
  }
  return best;
}
