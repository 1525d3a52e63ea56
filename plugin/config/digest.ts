import { createHash } from 'node:crypto';

/**
 * JSON with the keys of every object in code unit order and no white space: equal values give equal texts.
 * Absent (`undefined`) members are left out, as JSON.stringify does.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** SHA-256, in hex, of a value's canonical JSON. */
export function configDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
