import type { ProposedFix } from '../../crds/v1alpha1/status.ts';
import { pathProblem } from './path.ts';

/** What is at a path of a tree: Git's modes, or nothing; `unlisted` where GitHub does not list its folder whole. */
export type TreeEntry =
  | { readonly kind: 'file'; readonly mode: '100644' | '100755'; readonly content: string }
  | { readonly kind: 'symlink' | 'submodule' | 'folder' | 'binary' | 'tooLarge' | 'unlisted' | 'absent' };

/** A file as it is to be written. */
export interface WrittenFile {
  readonly path: string;
  readonly mode: '100644' | '100755';
  readonly content: string;
}

/** The files that a fix comes to, or why it cannot be applied: one sentence that names the path. */
export type AppliedFix = { readonly files: readonly WrittenFile[] } | { readonly refused: string };

/** The most text that the edits of a fix may have together, in characters. */
export const MAX_FIX = 8192;
/** The most edits that a fix may have. */
export const MAX_EDITS = 8;

/** Why a fix may not be applied whatever stands in the repository; undefined when it may. */
export function fixProblem(fix: ProposedFix, allowed: readonly string[]): string | undefined {
  if (fix.edits.length === 0) return 'the fix changes nothing';
  if (fix.edits.length > MAX_EDITS) return `the fix has ${fix.edits.length} edits, more than ${MAX_EDITS}`;
  const length = fix.edits.reduce((sum, { before, after }) => sum + before.length + after.length, 0);
  if (length > MAX_FIX) return `the fix is longer than ${MAX_FIX} characters`;
  for (const { path, before, after } of fix.edits) {
    const problem = pathProblem(path, allowed);
    if (problem !== undefined) return `the path ${JSON.stringify(path.slice(0, 256))} ${problem}`;
    if (before === after) return `the edit of ${path} changes nothing`;
  }
  return undefined;
}

/**
 * Applies the edits of a fix in their order to the files of a tree. Each `before` has to stand there exactly once; an empty one
 * makes a new file. Pure.
 * @param entries what is at each path of the fix, and at each folder above it
 */
export function applyFix(fix: ProposedFix, entries: ReadonlyMap<string, TreeEntry>): AppliedFix {
  const files = new Map<string, WrittenFile>();
  for (const { path, before, after } of fix.edits) {
    const above = aboveProblem(path, entries);
    if (above !== undefined) return { refused: above };
    const written = files.get(path);
    const entry: TreeEntry =
      written === undefined ? (entries.get(path) ?? { kind: 'absent' }) : { kind: 'file', ...written };
    if (entry.kind === 'unlisted') return { refused: `${path} ${NOT_A_FILE.unlisted}` };
    if (before === '') {
      if (entry.kind !== 'absent')
        return { refused: `${path} is there already, and the fix takes it for new` };
      files.set(path, { path, mode: '100644', content: after });
      continue;
    }
    if (entry.kind !== 'file') return { refused: `${path} ${NOT_A_FILE[entry.kind]}` };
    const at = entry.content.indexOf(before);
    if (at < 0) return { refused: `${path} does not hold the text that the fix replaces` };
    if (entry.content.indexOf(before, at + 1) >= 0) {
      return { refused: `${path} holds the text that the fix replaces more than once` };
    }
    const content = `${entry.content.slice(0, at)}${after}${entry.content.slice(at + before.length)}`;
    files.set(path, { path, mode: entry.mode, content });
  }
  return { files: [...files.values()] };
}

/** Every path that has to be known to apply a fix: the files and the folders above them. */
export function pathsOf(fix: ProposedFix): readonly string[] {
  return [...new Set(fix.edits.flatMap(({ path }) => [...foldersAbove(path), path]))];
}

/** Why no file can be written at a path, be it new or in the place of another; undefined when it can. */
export function placeProblem(path: string, entries: ReadonlyMap<string, TreeEntry>): string | undefined {
  const above = aboveProblem(path, entries);
  const kind = entries.get(path)?.kind ?? 'absent';
  if (above !== undefined || kind === 'absent' || kind === 'file') return above;
  return `${path} ${NOT_A_FILE[kind]}`;
}

/** What of the folders above a path is none. */
function aboveProblem(path: string, entries: ReadonlyMap<string, TreeEntry>): string | undefined {
  for (const folder of foldersAbove(path)) {
    const kind = entries.get(folder)?.kind ?? 'absent';
    if (kind === 'unlisted') return `${folder} ${NOT_A_FILE.unlisted}`;
    if (kind !== 'folder' && kind !== 'absent')
      return `${folder} is no folder, so ${path} cannot be under it`;
  }
  return undefined;
}

const NOT_A_FILE = {
  symlink: 'is a symbolic link',
  submodule: 'is a submodule',
  folder: 'is a folder',
  binary: 'is not text',
  tooLarge: 'is too large to be changed',
  unlisted: 'is in a folder that GitHub does not list whole',
  absent: 'is not there',
} as const;

/** The folders above a path, the outermost first. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
