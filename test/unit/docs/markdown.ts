import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** The line its content begins at, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Every page that a user reads, relative to the root. */
export const PAGES = ['README.md', ...globSync('docs/*.md', { cwd: ROOT }).sort()];

/** A file of the repository. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The fenced blocks of a page, those in list items without their indentation. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = read(page).split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const [, indent, language] = /^(\s*)```(\w*)\s*$/.exec(lines[i] ?? '') ?? [];
    if (indent === undefined || language === undefined) continue;
    const end = lines.findIndex((line, at) => at > i && line.trim() === '```');
    if (end < 0) throw new Error(`${page}:${i + 1}: the block does not end`);
    const text = lines.slice(i + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ page, line: i + 2, language, text: text.join('\n') });
    i = end;
  }
  return blocks;
}

/** A page without its fenced blocks. */
export function proseOf(page: string): string {
  return read(page).replaceAll(/^\s*```[\s\S]*?^\s*```\s*$/gm, '');
}

/** The cells of every row of the tables whose first column has this head. */
export function tableRows(page: string, head: string): string[][] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of proseOf(page).split('\n')) {
    if (!line.startsWith('|')) inside = false;
    else {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      if (cells[0] === head) inside = true;
      else if (inside && !/^-+$/.test(cells[0] ?? '')) rows.push(cells);
    }
  }
  return rows;
}

/** The words in backticks. */
export function codeWords(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

/** The anchors that GitHub gives a page's headings. */
export function anchorsOf(page: string): Set<string> {
  return new Set(
    [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
