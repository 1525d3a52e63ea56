/** Control and format characters, line and paragraph separators: nothing of them is shown but the line feed. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Breaks what GitHub would act on without showing. */
const BREAK = '\u200b';

/** Foreign text on one line, as prose: no mention, no reference, no link, no HTML, no formatting. */
export function prose(text: string): string {
  return inert(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/([\\`*_{}[\]()!|~#+$-])/g, '\\$1')
    .replace(/^(\d+)\./, '$1\\.');
}

/** Foreign text in a title, which GitHub does not format; mentions, references and links in it are broken all the same. */
export function titleText(text: string, max: number): string {
  const clean = inert(text);
  return clean.length <= max ? clean : `${cut(clean, max - 1)}…`;
}

/** Text on one line with its mentions, references (closing keywords do nothing without one) and links broken. */
function inert(text: string): string {
  return oneLine(text)
    .replace(/@(?=\w)/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/gh(?=-\d)/gi, (match) => `${match}${BREAK}`)
    .replace(/:\/\//g, `:${BREAK}//`)
    .replace(/www\./gi, (match) => `${match.slice(0, 3)}${BREAK}.`);
}

/** The first characters of a text, never half of one. */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** Foreign text as inline code, also within a table, where a bar ends the cell (GFM §4.10); there is no escape but the backslash. */
export function codeSpan(text: string): string {
  const content = oneLine(text).replace(/\\?\|/g, (bar) => (bar === '|' ? '\\|' : `\\${BREAK}\\|`));
  const ticks = '`'.repeat(longestRun(content, /`+/g) + 1);
  const pad = content === '' || content.startsWith('`') || content.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${content}${pad}${ticks}`;
}

/** Foreign text as a block that it cannot close: the fence is longer than any run of backticks within (CommonMark §4.5). */
export function fence(text: string): string {
  const content = text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.replace(UNSEEN, ' ').trimEnd())
    .join('\n');
  const ticks = '`'.repeat(Math.max(3, longestRun(content, /`+/g) + 1));
  return `${ticks}text\n${content}\n${ticks}`;
}

function oneLine(text: string): string {
  return text.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim();
}

function longestRun(text: string, pattern: RegExp): number {
  return Math.max(0, ...[...text.matchAll(pattern)].map(([run]) => run.length));
}
