import { headline } from './findings/headline.ts';
import { spokenWords } from './vocabulary.ts';

/**
 * Whether two records tell of the same failure: the same words in the same order, what was masked and punctuation aside,
 * and of stack traces the same message and the same nearest frame, wherever it was called from. Novelty of what ends a
 * process is decided on this: most of the words alike is not enough, for one word of a panic can be all that is new.
 */
export function isSameFailure(a: string, b: string): boolean {
  const [one, other] = [headline(a), headline(b)];
  return one.place === other.place && spokenWords(one.text).join(' ') === spokenWords(other.text).join(' ');
}
