import { type RedactionRule, RULES } from './rules.ts';

/** Characters a rule sees at once. */
export const WINDOW = 16_384;
/** Characters that neighbouring windows share, so that what lies across a border is seen whole in one of them. */
export const OVERLAP = 2_048;
/** What stands for a text that could not be checked. */
export const UNCHECKED = '<redacted: not checked>';

/** Replaces secrets and personal data by typed placeholders. */
export interface Redactor {
  /** The text without them. Irreversible; the same kind gives the same placeholder everywhere. Never throws. */
  redact(text: string): string;
  /** Values replaced so far. */
  readonly count: number;
}

/** What a redactor may be given. */
export interface RedactorOptions {
  /** The rules; {@link RULES} when unset. */
  readonly rules?: readonly RedactionRule[];
}

/**
 * Makes a {@link Redactor}. Rules run one after the other, each only on texts that hold one of its hints, and on
 * windows of {@link WINDOW} characters, so that no text can make a rule run away. A rule that throws fails closed: the
 * whole text becomes {@link UNCHECKED}.
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  const rules = options.rules ?? RULES;
  let count = 0;
  return {
    redact(text) {
      try {
        let out = text;
        for (const rule of rules) {
          if (rule.hints.length > 0) {
            const lower = out.toLowerCase();
            if (!rule.hints.some((hint) => lower.includes(hint))) continue;
          }
          const { text: replaced, replacements } = applyRule(rule, out);
          out = replaced;
          count += replacements;
        }
        return out;
      } catch {
        count += 1;
        return UNCHECKED;
      }
    },
    get count() {
      return count;
    },
  };
}

interface Match {
  readonly from: number;
  readonly to: number;
}

/** Applies one rule window by window. */
function applyRule(rule: RedactionRule, text: string): { text: string; replacements: number } {
  const matches: Match[] = [];
  for (let from = 0; from === 0 || from + OVERLAP < text.length; ) {
    const window = text.slice(from, from + WINDOW);
    const cutOff = from + window.length < text.length;
    let next = from + WINDOW - OVERLAP;
    for (const match of matchesIn(rule, window)) {
      let to = from + match.to;
      if (cutOff && match.to === window.length) {
        // It may go on behind the window: it is looked at again from its start; when it fills a window, nothing behind it is trusted.
        if (match.from > 0) next = Math.min(next, from + match.from);
        else to = text.length;
      }
      matches.push({ from: from + match.from, to });
    }
    from = next;
  }
  if (matches.length === 0) return { text, replacements: 0 };
  let out = '';
  let end = 0;
  let replacements = 0;
  for (const match of matches.sort((a, b) => a.from - b.from || b.to - a.to)) {
    if (match.from < end) {
      // Seen by two windows: the longer of the two counts.
      end = Math.max(end, match.to);
      continue;
    }
    out += text.slice(end, match.from) + rule.placeholder;
    end = match.to;
    replacements += 1;
  }
  return { text: out + text.slice(end), replacements };
}

function* matchesIn(rule: RedactionRule, window: string): Generator<Match> {
  for (const m of window.matchAll(rule.pattern)) {
    const secret = m.groups?.['secret'];
    // The group stands at the end of what was matched, but for a closing `@`.
    const offset = secret === undefined ? 0 : m[0].lastIndexOf(secret);
    const found = secret ?? m[0];
    if (rule.accept !== undefined && !rule.accept(found)) continue;
    yield { from: m.index + offset, to: m.index + offset + found.length };
  }
}
