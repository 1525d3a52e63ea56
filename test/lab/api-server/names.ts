import { randomInt } from 'node:crypto';
import type { StatusCause } from './status.ts';

/** Letters and digits that spell no word (apimachinery, `util/rand`). */
const ALPHANUMERICS = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_GENERATED_BASE = 58;
const DNS_1123_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The five characters that the API server appends to `generateName`. */
export function nameSuffix(): string {
  return Array.from({ length: 5 }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
}

/** A name for an object that has only `generateName`, cut so that it fits 63 characters. */
export function generatedName(base: string, suffix: () => string): string {
  return base.slice(0, MAX_GENERATED_BASE) + suffix();
}

/** Why a name is not a DNS-1123 subdomain; undefined when it is one. */
export function nameCause(name: string): StatusCause | undefined {
  if (name.length <= 253 && DNS_1123_SUBDOMAIN.test(name)) return undefined;
  return {
    reason: 'FieldValueInvalid',
    field: 'metadata.name',
    message:
      `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ` +
      `and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is ` +
      `'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
  };
}
