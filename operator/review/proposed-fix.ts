import type { ProposedEdit, ProposedFix } from '../../crds/v1alpha1/status.ts';
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

/** The fix as the status holds it, or why it is left out, in words that hold nothing of it. */
export type KeptFix = { readonly fix: ProposedFix } | { readonly leftOut: string };

/**
 * Keeps a fix or leaves it out: one that is beyond its bounds, changes nothing, or holds something to be redacted; for half
 * a fix is none, and a placeholder must not be written into a file.
 */
export function keptFix(fix: ProposedFix, { redact, unmarked = (text) => text }: FixTexts): KeptFix {
  const { length: count } = fix.edits;
  if (count === 0) return { leftOut: 'it has no edits' };
  if (count > MAX_EDITS) return { leftOut: `it has ${count} edits, more than ${MAX_EDITS}` };
  const edits = fix.edits.map(({ path, before, after }) => ({
    path,
    before: unmarked(before),
    after: unmarked(after),
  }));
  const problem = edits.map(editProblem).find((one) => one !== undefined);
  if (problem !== undefined) return { leftOut: problem };
  const length = edits.reduce((sum, { before, after }) => sum + before.length + after.length, 0);
  if (length > MAX_FIX) return { leftOut: `its texts are longer than ${MAX_FIX} characters together` };
  const summary = unmarked(fix.summary);
  const texts = [summary, ...edits.flatMap(({ path, before, after }) => [path, before, after])];
  if (texts.some((text) => redact(text) !== text)) return { leftOut: 'it holds what looks like a secret' };
  return { fix: { summary: plainText(summary, MAX_SUMMARY), edits } };
}

function editProblem({ path, before, after }: ProposedEdit): string | undefined {
  if (path === '' || path.length > MAX_PATH)
    return `an edit's path is empty or longer than ${MAX_PATH} characters`;
  if (before.length > MAX_TEXT || after.length > MAX_TEXT) {
    return `an edit's text is longer than ${MAX_TEXT} characters`;
  }
  return before === after ? 'an edit changes nothing' : undefined;
}
