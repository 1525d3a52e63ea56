import { createHmac } from 'node:crypto';
import { Keywords } from './keywords.ts';
import type { RedactionRule, Span } from './rule.ts';
import { allRules } from './rules.ts';

/** Characters a rule sees at once. */
export const WINDOW = 16_384;
/** Characters that neighbouring windows share, so that what lies across a border is seen whole in one of them. */
export const OVERLAP = 2_048;
/** What stands for a text that could not be checked. */
export const UNCHECKED = '<redacted: not checked>';
/** Different values remembered for counting; from then on every value counts. */
const MAX_REMEMBERED = 65_536;

/** The most that is taken off a text that was cut: longer values are known by their beginnings. */
const MAX_WORD = 1_024;

/** Control sequences of terminals (ECMA-48), which may stand within a value. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
const ANSI = /\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** What stands for a value that was replaced before: it is let be, so that it goes on to tell equal values from others. */
const REPLACED = /^<[a-z][a-z\d-]{1,48}#[0-9a-f]{4}>$/;

/** A value that was found and what stands in its place. */
export interface Secret {
  readonly value: string;
  readonly placeholder: string;
}

/** Replaces secrets and personal data by typed placeholders. */
export interface Redactor {
  /**
   * The text without them, and without terminal sequences. Irreversible. With a key, the placeholder tells equal values
   * from different ones, `<github-token#3f9a>`; without, the same kind gives the same placeholder. Never throws.
   */
  redact(text: string): string;
  /** As {@link redact}, with the kinds alone: for texts that are compared. */
  redactKinds(text: string): string;
  /**
   * As {@link redact}, cut to `max` characters. Of a text that was itself cut before, `isCut`, the last word goes too:
   * half a value may not be known for one.
   */
  quote(text: string, max: number, isCut: boolean): string;
  /** The values in a text, in order; undefined when a rule threw. Counts them. */
  secretsIn(text: string): readonly Secret[] | undefined;
  /** Different values replaced so far. */
  readonly count: number;
}

/** What a redactor may be given. */
export interface RedactorOptions {
  /** The rules; gitleaks' and our own when unset. */
  readonly rules?: readonly RedactionRule[];
  /** Random bytes of one analysis, forgotten with it; without them placeholders tell the kind alone. */
  readonly key?: Uint8Array;
}

/**
 * Makes a {@link Redactor}. Rules run one after the other, each only on texts that hold one of its hints, and on
 * windows of {@link WINDOW} characters, so that no text can make a rule run away. A rule that throws fails closed: the
 * whole text becomes {@link UNCHECKED}.
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const set = options.rules === undefined ? builtIn() : new RuleSet(options.rules);
  const { key } = options;
  const seen = new Set<string>();
  let uncounted = 0;

  const note = (placeholder: string, value: string): void => {
    if (seen.size < MAX_REMEMBERED) seen.add(`${placeholder}${value}`);
    else uncounted += 1;
  };
  const marked = (placeholder: string, value: string): string => {
    if (key === undefined) return placeholder;
    const digest = createHmac('sha256', key).update(value).digest('hex');
    return `${placeholder.slice(0, -1)}#${digest.slice(0, 4)}>`;
  };
  const run = (text: string, show: (placeholder: string, value: string) => string): string => {
    try {
      return set.apply(plain(text), (placeholder, value) => {
        note(placeholder, value);
        return show(placeholder, value);
      });
    } catch {
      uncounted += 1;
      return UNCHECKED;
    }
  };
  const redact = (text: string): string => run(text, marked);

  return {
    redact,
    redactKinds: (text) => run(text, (placeholder) => placeholder),
    quote(text, max, isCut) {
      const redacted = redact(text);
      const kept = isCut ? redacted.slice(0, lastWord(redacted)) : redacted;
      return wholePlaceholders(kept, max);
    },
    secretsIn(text) {
      const found: Secret[] = [];
      const out = run(text, (placeholder, value) => {
        found.push({ value, placeholder });
        return placeholder;
      });
      return out === UNCHECKED && found.length === 0 ? undefined : found;
    },
    get count() {
      return seen.size + uncounted;
    },
  };
}

function plain(text: string): string {
  return text.includes('\x1b') ? text.replace(ANSI, '') : text;
}

/** Where the last word begins, at most {@link MAX_WORD} characters before the end. */
function lastWord(text: string): number {
  const least = Math.max(0, text.length - MAX_WORD);
  let at = text.length;
  while (at > least && !/\s/.test(text[at - 1] ?? '')) at -= 1;
  return at;
}

/** Cuts, and not within a placeholder. */
function wholePlaceholders(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max);
  return cut.replace(/<[a-z\d-]{0,48}(?:#[0-9a-f]{0,4})?$/, '');
}

/** Rules in order, with one look for all their hints. */
class RuleSet {
  readonly #rules: readonly RedactionRule[];
  readonly #keywords: Keywords;

  constructor(rules: readonly RedactionRule[]) {
    this.#rules = rules;
    this.#keywords = new Keywords(rules.map((rule) => rule.hints));
  }

  apply(text: string, replace: (placeholder: string, value: string) => string): string {
    const hinted = this.#keywords.in(text);
    let out = text;
    let found: Found[] = [];
    for (const [k, rule] of this.#rules.entries()) {
      const isHinted = hinted[k] === 1 || rule.hints.length === 0;
      if (isHinted) for (const span of spansOf(rule, out)) found.push({ ...span, rule });
      if (found.length > 0 && !(rule.together === true && this.#rules[k + 1]?.together === true)) {
        out = replaced(out, found, replace);
        found = [];
      }
    }
    return out;
  }
}

interface Found extends Span {
  readonly rule: RedactionRule;
}

let shared: RuleSet | undefined;

function builtIn(): RuleSet {
  shared ??= new RuleSet(allRules());
  return shared;
}

/** Applies one rule window by window. */
function spansOf(rule: RedactionRule, text: string): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from === 0 || from + OVERLAP < text.length; ) {
    const window = text.slice(from, from + WINDOW);
    const cutOff = from + window.length < text.length;
    let next = from + WINDOW - OVERLAP;
    for (const span of rule.find(window)) {
      let to = from + span.to;
      if (cutOff && span.to === window.length) {
        // It may go on behind the window: it is looked at again from its start; when it fills half a window, nothing behind it is trusted.
        if (span.from >= WINDOW / 2) next = Math.min(next, from + span.from);
        else to = text.length;
      }
      spans.push({ from: from + span.from, to });
    }
    from = next;
  }
  return spans;
}

/** Replaces what was found; of values that overlap, all of them as one of the longest's kind. */
function replaced(
  text: string,
  found: readonly Found[],
  show: (placeholder: string, value: string) => string,
): string {
  const ordered = found.toSorted((a, b) => a.from - b.from || b.to - a.to);
  let out = '';
  let end = 0;
  for (let k = 0; k < ordered.length; ) {
    const first = ordered[k];
    if (first === undefined) break;
    let longest = first;
    let { to } = first;
    for (k += 1; k < ordered.length; k += 1) {
      const next = ordered[k];
      if (next === undefined || next.from >= to) break;
      if (next.to - next.from > longest.to - longest.from) longest = next;
      to = Math.max(to, next.to);
    }
    if (to === first.from) continue;
    const value = text.slice(first.from, to);
    out +=
      text.slice(end, first.from) + (REPLACED.test(value) ? value : show(longest.rule.placeholder, value));
    end = to;
  }
  return out + text.slice(end);
}
