import type { ProposedFix } from '../../crds/v1alpha1/status.ts';
import { plainText } from './escape.ts';

const MAX_EDITS = 8;
/** Both texts of all edits together, characters. */
const MAX_FIX = 8192;
const MAX_TEXT = 4096;
const MAX_PATH = 256;
const MAX_SUMMARY = 1024;

/** What is done to the texts of a fix before it is kept. */
export interface FixTexts {
  readonly redact: (text: string) => string;
  readonly unmarked?: (text: string) => string;
}

/**
 * The fix as the status holds it. Undefined for one that is beyond its bounds, changes nothing, or holds something to be
 * redacted: half a fix is none, and a placeholder must not be written into a file.
 */
export function acceptedFix(
  fix: ProposedFix | undefined,
  { redact, unmarked = (text) => text }: FixTexts,
): ProposedFix | undefined {
  if (fix === undefined || fix.edits.length === 0 || fix.edits.length > MAX_EDITS) return undefined;
  const edits = fix.edits.map(({ path, before, after }) => ({
    path,
    before: unmarked(before),
    after: unmarked(after),
  }));
  const length = edits.reduce((sum, { before, after }) => sum + before.length + after.length, 0);
  const bounded = edits.every(
    ({ path, before, after }) =>
      path !== '' &&
      path.length <= MAX_PATH &&
      before.length <= MAX_TEXT &&
      after.length <= MAX_TEXT &&
      before !== after,
  );
  if (!bounded || length > MAX_FIX) return undefined;
  const summary = unmarked(fix.summary);
  const texts = [summary, ...edits.flatMap(({ path, before, after }) => [path, before, after])];
  if (texts.some((text) => redact(text) !== text)) return undefined;
  return { summary: plainText(summary, MAX_SUMMARY), edits };
}
