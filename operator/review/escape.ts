/** Everything without a shape of its own on paper: control, format (bidi, zero-width, tags), separators but the space, private and unassigned. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu;

/** A value as JSON on one line in which every invisible or text-reversing character is written as an escape. */
export function visibleJSON(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, escapeUnits);
}

/** Text in which every invisible or text-reversing character but line breaks and tabs is written as an escape. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => (/[\n\t]/.test(character) ? character : escapeUnits(character)));
}

/** Text on one line for a person: invisible characters become spaces, runs of spaces one; cut to `max` characters. */
export function plainText(text: string, max: number): string {
  const clean = text.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim();
  return clean.length <= max ? clean : `${clean.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
