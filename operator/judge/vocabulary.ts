import type { Template } from '../model.ts';
import { isAbsent, steadyCount } from './counts.ts';
import { type Exposure, LEAST_SHARED_LINES } from './exposure.ts';

/** Two texts that share at least this part of all their words say the same. */
export const LEAST_LIKENESS = 0.6;
/** Where a side shares less than this part of its ordinary lines, its vocabulary is another one. */
export const LEAST_SHARED_PART = 0.5;

/** Placeholders of the masks and of redaction. */
const PLACEHOLDERS = /<[^<>\s]*>|\[REDACTED[^\]]*\]/g;
const WORDS = /\p{L}{2,}/gu;

/**
 * True where the canary speaks another language than stable: each side logs enough, and most of its ordinary lines are
 * of templates that the other lacks, as after a change of the log format. "Stable never logged it" tells nothing then.
 */
export function isVocabularyChanged({ ordinaryLines, sharedLines }: Exposure): boolean {
  return (['stable', 'canary'] as const).every(
    (side) =>
      ordinaryLines[side] >= LEAST_SHARED_LINES &&
      sharedLines[side] < LEAST_SHARED_PART * ordinaryLines[side],
  );
}

/**
 * Which template of the canary takes the place of which of stable: one that stable never logged, one that the canary
 * never logs, and words that are {@link LEAST_LIKENESS} the same. Each is paired once, the likest first.
 */
export function rewordings(templates: readonly Template[]): ReadonlyMap<Template, Template> {
  const appeared = templates.filter((one) => isAbsent(one, 'stable') && one.canary.count > 0);
  const vanished = templates.filter((one) => isAbsent(one, 'canary') && steadyCount(one, 'stable') > 0);
  const words = new Map([...appeared, ...vanished].map((one) => [one, wordsOf(one.text)]));
  const none: ReadonlySet<string> = new Set();
  const candidates = appeared
    .flatMap((to) =>
      vanished.map((from) => ({
        to,
        from,
        likeness: likeness(words.get(to) ?? none, words.get(from) ?? none),
      })),
    )
    .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
    .sort((a, b) => b.likeness - a.likeness);
  const pairs = new Map<Template, Template>();
  const taken = new Set<Template>();
  for (const { to, from } of candidates) {
    if (pairs.has(to) || taken.has(from)) continue;
    pairs.set(to, from);
    taken.add(from);
  }
  return pairs;
}

/** The different words of a masked text, in lower case. */
export function wordsOf(text: string): ReadonlySet<string> {
  return new Set(spokenWords(text));
}

/** The words of a masked text in their order, in lower case. */
export function spokenWords(text: string): readonly string[] {
  return text.replace(PLACEHOLDERS, ' ').toLowerCase().match(WORDS) ?? [];
}

/** Shared words over all words (Jaccard, Bull. Soc. Vaud. Sci. Nat. 37, 1901); 0 where there are none. */
export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared += 1;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}
