/**
 * A container of the integration tests: logs as many requests a second as `RATE` says (20), for ever.
 * `FAULT=errors` logs an error with one request in three, `FAULT=crash` ends with an error at its start.
 */
const { RATE = '20', FAULT = '' } = process.env;

function log(level: string, msg: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields })}\n`);
}

log('info', 'starting');
if (FAULT === 'crash') throw new Error('missing setting DATABASE_URL');
let count = 0;
setInterval(() => {
  count += 1;
  const fails = FAULT === 'errors' && count % 3 === 0;
  if (fails) log('error', 'order could not be stored', { error: 'TypeError: order.total is not a function' });
  log('info', 'request completed', {
    path: `/orders/${count}`,
    status: fails ? 500 : 200,
    durationMs: count % 17,
  });
}, 1000 / Number(RATE));
process.once('SIGTERM', () => process.exit(0));
