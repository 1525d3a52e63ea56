import type { Secret } from './redactor.ts';

/** A piece of a value that would still tell something of it. */
const PIECE = /[A-Za-z]{4,}|[A-Za-z0-9]{8,}/g;

/**
 * Puts placeholders where values of `raw` stand in `masked`, the same text with its variable parts masked: masks may
 * leave pieces of a value in which no rule would know it. A piece that `raw` has elsewhere too stays.
 */
export function hideSecrets(masked: string, raw: string, secrets: readonly Secret[]): string {
  if (secrets.length === 0) return masked;
  let rest = raw;
  for (const { value } of secrets) rest = rest.replaceAll(value, ' ');
  let out = masked;
  for (const { value, placeholder } of secrets) {
    if (value.length >= 4 && !rest.includes(value)) out = out.replaceAll(value, () => placeholder);
    for (const [piece] of value.matchAll(PIECE)) {
      if (rest.includes(piece) || placeholder.includes(piece) || !out.includes(piece)) continue;
      const around = new RegExp(
        String.raw`(?:<[a-z]{2,8}>|[\w+~%!$^*|-])*${piece}(?:<[a-z]{2,8}>|[\w+/.~%!$^*|=-])*`,
        'g',
      );
      out = out.replace(around, () => placeholder);
    }
    const [mark] = /^(?:[A-Za-z]{2,12}[_-]){1,3}/.exec(value) ?? [];
    if (mark !== undefined && out.includes(`${mark}<`)) {
      out = out.replace(new RegExp(String.raw`${mark}(?:<[a-z]{2,8}>|[\w+/.~%=-])*`, 'g'), () => placeholder);
    }
    out = out.replace(new RegExp(`${placeholder}(?:[\\s./+-]{0,4}${placeholder})+`, 'g'), () => placeholder);
  }
  return out;
}
