/**
 * Visitors for the canary app: asks `TARGET_URL` for its colour `PER_SECOND` times a second, 10 when unset, and prints every ten
 * seconds which release answered how often. `ERRORS`, like `yellow:100`, is what the page's sliders would say; `TARGET_HOST` is the
 * host that an ingress controller knows the app by, where `TARGET_URL` is the controller's.
 */
import { get } from 'node:http';

const { TARGET_URL = 'http://rollouts-demo', TARGET_HOST = '', PER_SECOND = '10', ERRORS = '' } = process.env;
const url = new URL(ERRORS === '' ? '/color' : `/color?errors=${encodeURIComponent(ERRORS)}`, TARGET_URL);
const headers = TARGET_HOST === '' ? {} : { host: TARGET_HOST };
const answers = new Map<string, number>();

function count(answer: string): void {
  answers.set(answer, (answers.get(answer) ?? 0) + 1);
}

const ask = setInterval(() => {
  const request = get(url, { agent: false, timeout: 5_000, headers }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
    });
    response.on('end', () =>
      count(`${/"colour":"(\w+)"/.exec(body)?.[1] ?? 'nobody'} ${response.statusCode}`),
    );
  });
  request.on('timeout', () => request.destroy(new Error('no answer in five seconds')));
  request.on('error', (error) => count(error.message));
}, 1000 / Number(PER_SECOND));

const tell = setInterval(() => {
  const line = {
    time: new Date().toISOString(),
    level: 'info',
    msg: 'answers',
    ...Object.fromEntries(answers),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  answers.clear();
}, 10_000);

process.once('SIGTERM', () => {
  clearInterval(ask);
  clearInterval(tell);
});
