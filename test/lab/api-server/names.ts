import { randomInt } from 'node:crypto';

/** Letters and digits that spell no word (apimachinery, `util/rand`). */
const ALPHANUMERICS = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_GENERATED_BASE = 58;

/** The five characters that the API server appends to `generateName`. */
export function nameSuffix(): string {
  return Array.from({ length: 5 }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
}

/** A name for an object that has only `generateName`, cut so that it fits 63 characters. */
export function generatedName(base: string, suffix: () => string): string {
  return base.slice(0, MAX_GENERATED_BASE) + suffix();
}
