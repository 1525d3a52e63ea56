/**
 * A small shop service, run as real processes. `VERSION` is what it logs; `FAULT` is what this build gets wrong, several by
 * commas: `orders` breaks one order in three, `swallowed` likewise but answers 200, `config` does not survive its own start-up. With `MEASURED=yes` it has
 * metrics, and the faults of `measured.ts`, none of which it logs.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Measured } from './measured.ts';

type Level = 'info' | 'warn' | 'error' | 'fatal';

const { PORT = '0', VERSION = 'v1', FAULT = '', MEASURED } = process.env;
const faults = new Set(FAULT.split(','));
const measured: Measured | undefined =
  MEASURED === 'yes' ? (await import('./measured.ts')).startMeasuring(faults) : undefined;

function log(level: Level, msg: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, logger: 'shop', msg, ...fields })}\n`,
  );
}

interface Order {
  id: string;
  lines: { sku: string; quantity: number; price: number }[];
  discount?: { percent: number };
}

function loadOrder(id: string): Order {
  const quantity = 1 + (Number(id) % 4);
  return { id, lines: [{ sku: `sku-${Number(id) % 50}`, quantity, price: 19.9 }] };
}

function totalOf(order: Order): number {
  const sum = order.lines.reduce((total, line) => total + line.quantity * line.price, 0);
  if (!(faults.has('orders') || faults.has('swallowed')) || Number(order.id) % 3 !== 0) return sum;
  // The bad build reads a discount that most orders do not have.
  return sum * (1 - (order.discount as { percent: number }).percent / 100);
}

function route(request: IncomingMessage): { status: number; body: unknown } {
  const [, resource, id = ''] = (request.url ?? '/').split('/');
  if (resource === 'orders') return { status: 200, body: { id, total: totalOf(loadOrder(id)) } };
  if (resource === 'products') return { status: 200, body: [{ sku: 'sku-1' }, { sku: 'sku-2' }] };
  return { status: 404, body: { error: 'no such resource' } };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/healthz') {
    response.end('ok');
    return;
  }
  if (measured?.answers(request, response) === true) return;
  const started = performance.now();
  const requestId = crypto.randomUUID();
  let outcome: { status: number; body: unknown };
  try {
    outcome = route(request);
  } catch (error) {
    log('error', 'unhandled error in request handler', {
      requestId,
      stack: error instanceof Error ? error.stack : `${error}`,
    });
    outcome = faults.has('swallowed')
      ? { status: 200, body: {} }
      : { status: 500, body: { error: 'internal error', requestId } };
  }
  const send = (): void => {
    response.writeHead(outcome.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(outcome.body));
  };
  if (measured === undefined) send();
  else measured.request(request, outcome.status, send);
  const durationMs = Math.round((performance.now() - started) * 100) / 100;
  const path = (request.url ?? '/').replace(/\?.*/, '');
  log('info', 'request completed', {
    method: request.method,
    path,
    status: outcome.status,
    durationMs,
    requestId,
  });
}

function requireSetting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`missing setting ${name}: set it in the ConfigMap shop-settings`);
  return value;
}

log('info', 'starting', { version: VERSION, node: process.version });
if (faults.has('config')) requireSetting('PAYMENT_PROVIDER_URL');

const server = createServer(answer);
server.listen(Number(PORT), '127.0.0.1', () => log('info', 'listening', { port: PORT }));
const refresh = setInterval(() => log('info', 'price list refreshed', { products: 50 }), 2_000);

process.once('SIGTERM', () => {
  log('info', 'stopping');
  clearInterval(refresh);
  measured?.stop();
  server.close();
  server.closeAllConnections();
});
