import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Kinds of logs that the benchmark writes. */
export const KINDS = ['text', 'json', 'traces'] as const;
export type Kind = (typeof KINDS)[number];

/** Numbers that are the same in every run (Lehmer's generator, Park and Miller, CACM 31, 1988). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const CLASSES = ['OrderController', 'StockService', 'PaymentClient', 'UserRepository', 'CartCache'];
const SAID = [
  'order %n of user %n placed in %nms',
  'GET /api/items/%n answered 200 in %nms from 10.1.%b.%b',
  'stock of item %n is %n, reserved %n',
  'cache miss for key cart:%n, loading took %nms',
  'session %h of user %n refreshed',
  'payment %u accepted: %n cents',
];

function said(pick: (below: number) => number): string {
  return (SAID[pick(SAID.length)] ?? '').replace(/%[nbhu]/g, (kind) =>
    kind === '%n'
      ? `${pick(100_000)}`
      : kind === '%b'
        ? `${pick(255)}`
        : kind === '%h'
          ? hex(pick, 32)
          : `${hex(pick, 8)}-${hex(pick, 4)}-4${hex(pick, 3)}-a${hex(pick, 3)}-${hex(pick, 12)}`,
  );
}

function hex(pick: (below: number) => number, length: number): string {
  return Array.from({ length }, () => pick(16).toString(16)).join('');
}

function record(kind: Kind, time: string, pick: (below: number) => number): string {
  const logger = `com.acme.shop.${CLASSES[pick(CLASSES.length)]}`;
  if (kind === 'json')
    return `${time} ${JSON.stringify({ level: 30, time, pid: 1, hostname: 'web-1', logger, reqId: hex(pick, 12), req: { method: 'GET', url: `/api/items/${pick(9_999)}` }, res: { statusCode: 200 }, responseTime: pick(900), msg: said(pick) })}\n`;
  const head = `${time} ${time.replace('T', ' ').slice(0, 23)} `;
  if (kind === 'text' || pick(10) > 0)
    return `${head} INFO 1 --- [nio-8080-exec-${pick(10)}] ${logger} : ${said(pick)}\n`;
  const frames = Array.from(
    { length: 8 },
    (_, k) => `${time} \tat com.acme.shop.${CLASSES[k % 5]}.run(${CLASSES[k % 5]}.java:${k * 7 + 3})\n`,
  );
  return `${head}ERROR 1 --- [nio-8080-exec-${pick(10)}] ${logger} : ${said(pick)}\n${time} java.lang.IllegalStateException: no stock for ${pick(9_999)}\n${frames.join('')}`;
}

/** Writes a log of about `bytes`, as `kubectl logs --timestamps` prints it: the same in every run. */
export async function writeLog(file: string, kind: Kind, bytes: number): Promise<void> {
  const pick = random(7);
  const out = createWriteStream(file);
  let written = 0;
  for (let k = 0; written < bytes; k += 1) {
    const text = record(kind, new Date(1_767_225_600_000 + k * 7).toISOString(), pick);
    written += text.length;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}
