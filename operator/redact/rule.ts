/** A value in a text: from its first character to the one behind its last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One kind of secret or personal data and how to find it. */
export interface RedactionRule {
  /** What stands in its place, in angle brackets: `<jwt>`. */
  readonly placeholder: string;
  /** Lower-case texts of which one must be in the text for the rule to run; empty runs it always. */
  readonly hints: readonly string[];
  /** Looks at the same text as its neighbours that have this too: of values that overlap, the longest names the kind. */
  readonly together?: boolean;
  /** The values in a text of at most one window, in order. What it throws makes the redactor fail closed. */
  find(window: string): Iterable<Span>;
}

/** A rule written as a pattern of JavaScript. */
export interface PatternRule extends RedactionRule {
  /**
   * Global. Every repetition is bounded and none is nested in an unbounded one, so the work on a text is at most its
   * length times a constant. A named group `secret` is what is replaced; without one, the whole match. The group ends
   * the match, but for a delimiter.
   */
  readonly pattern: RegExp;
}

/** Makes a {@link PatternRule}; `accept` looks at what was matched and at the whole match, false leaves it. */
export function patternRule(
  placeholder: string,
  hints: readonly string[],
  pattern: RegExp,
  accept?: (secret: string, match: string) => boolean,
): PatternRule {
  return {
    placeholder,
    hints,
    pattern,
    *find(window) {
      for (const match of window.matchAll(pattern)) {
        const secret = match.groups?.['secret'];
        const offset = secret === undefined ? 0 : match[0].lastIndexOf(secret);
        const found = secret ?? match[0];
        if (accept !== undefined && !accept(found, match[0])) continue;
        yield { from: match.index + offset, to: match.index + offset + found.length };
      }
    },
  };
}
