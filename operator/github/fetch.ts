import { answerError, noAnswerError } from './errors.ts';
import type { Repository } from './repository.ts';

/** A hundred issues of the greatest length. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A fetch for one repository's API that follows no redirect and reads bounded bodies to their end. */
export function boundedFetch(repository: Repository): typeof globalThis.fetch {
  return async (input, init) => {
    let response: Response;
    let body: string;
    try {
      response = await fetch(input, { ...init, redirect: 'manual' });
      body = await readAll(response);
    } catch (error) {
      throw noAnswerError(repository, `gave no answer: ${causeCode(error)}`);
    }
    const { status, headers } = response;
    if (status >= 300 && status < 400) throw answerError(repository, status, {}, '', 0);
    const bodiless = status === 204 || status === 205;
    return new Response(bodiless ? null : body, { status, headers });
  };
}

async function readAll(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw Object.assign(new Error('too long'), { code: 'ANSWER_TOO_LONG' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The code of the system or TLS error behind a failed fetch; its message may hold what was sent. */
function causeCode(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const name = typeof code === 'string' ? code : cause?.code;
  return typeof name === 'string' && /^[A-Z0-9_]{1,64}$/.test(name) ? name : 'connection failed';
}
