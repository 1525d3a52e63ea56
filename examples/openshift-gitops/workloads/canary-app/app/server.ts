import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PAGE } from './page.ts';

/** Colours that the page can paint; a release is one of them. */
export const COLOURS = ['blue', 'yellow', 'green', 'orange', 'red', 'purple'] as const;
export type Colour = (typeof COLOURS)[number];

/** What a server is made of. */
export interface AppOptions {
  readonly colour: Colour;
  /** A number from 0 up to 1, drawn for each request that may fail. */
  readonly random: () => number;
  /** Takes one line of the log, without its end. */
  readonly write: (line: string) => void;
}

/** How often each colour is to fail, in percent. */
type ErrorRates = Readonly<Partial<Record<Colour, number>>>;

/** @throws Error that names the colours, when it is none of them. */
export function colourOf(name: string): Colour {
  const colour = COLOURS.find((one) => one === name);
  if (colour === undefined) throw new Error(`COLOR is "${name}": give one of ${COLOURS.join(', ')}`);
  return colour;
}

/**
 * Serves the page at `/` and its colour at `/color`. Whoever asks for the colour may say how often which colour is to fail,
 * `/color?errors=blue:50`: the page sends its sliders with every request, so that they reach every pod, whoever answers.
 */
export function createApp({ colour, random, write }: AppOptions): Server {
  const log = (level: 'info' | 'error', msg: string, fields: Readonly<Record<string, unknown>>): void =>
    write(JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields }));

  const paint = (url: URL, response: ServerResponse): number => {
    let rates: ErrorRates;
    try {
      rates = errorRatesOf(url.searchParams.get('errors') ?? '');
    } catch (error) {
      return answer(response, 400, { error: (error as Error).message });
    }
    try {
      if (random() * 100 < (rates[colour] ?? 0)) throw new Error(`no ${colour} paint left`);
      return answer(response, 200, { colour });
    } catch (error) {
      log('error', 'cannot paint', { stack: (error as Error).stack });
      return answer(response, 500, { colour, error: (error as Error).message });
    }
  };

  return createServer((request: IncomingMessage, response) => {
    const started = performance.now();
    const url = new URL(request.url ?? '/', 'http://app');
    if (url.pathname === '/healthz') return void answer(response, 200, { status: 'ok' });
    if (url.pathname === '/') return void page(response);
    const status =
      url.pathname === '/color' ? paint(url, response) : answer(response, 404, { error: 'no such page' });
    const durationMs = Math.round((performance.now() - started) * 100) / 100;
    log('info', 'request completed', { method: request.method, path: url.pathname, status, durationMs });
  });
}

/**
 * Reads `blue:50,yellow:0`.
 * @throws Error that names what is wrong.
 */
export function errorRatesOf(text: string): ErrorRates {
  const pairs = text === '' ? [] : text.split(',');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', percent = ''] = pair.split(':');
      const rate = Number(percent);
      if (!COLOURS.some((one) => one === name) || percent === '' || !(rate >= 0 && rate <= 100))
        throw new Error('errors must be like blue:50,yellow:0, in percent');
      return [name, rate];
    }),
  );
}

function answer(response: ServerResponse, status: number, body: unknown): number {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
  return status;
}

function page(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(PAGE);
}
