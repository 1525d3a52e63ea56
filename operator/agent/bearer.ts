import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header carries the token; anything does where none is asked for. Takes the same time for every guess. */
export function carriesToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
}
