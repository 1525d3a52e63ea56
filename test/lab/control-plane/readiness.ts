import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/** A cold API server on a busy machine has needed 33 s. */
const LIMIT_MS = 120_000;
const INTERVAL_MS = 100;

/**
 * Returns when the URL answers 200. The certificate is not checked: it is what the server is about to make.
 * @throws Error when one of `died` rejects first, or after two minutes.
 */
export async function waitUntilReady(
  url: string,
  token: string,
  died: readonly Promise<never>[],
): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while ((await Promise.race([statusOf(url, token), ...died])) !== 200) {
    if (Date.now() > deadline) throw new Error(`${url} was not ready after ${LIMIT_MS / 1000} s`);
    await Promise.race([sleep(INTERVAL_MS), ...died]);
  }
}

function statusOf(url: string, token: string): Promise<number> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const call = request(
      url,
      {
        rejectUnauthorized: false,
        headers: { authorization: `Bearer ${token}` },
        timeout: 5_000,
        agent: false,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(0));
    call.end();
  });
}
