import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import {
  COLOURS,
  colourOf,
  createApp,
  errorRatesOf,
} from '../../../examples/openshift-gitops/workloads/canary-app/app/server.ts';
import { ROOT } from './manifests.ts';

const APP = join(ROOT, 'examples/openshift-gitops/workloads/canary-app/app');

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the canary app', () => {
  const servers: Server[] = [];
  let lines: string[];
  /** What the next requests draw: fails below the error rate. */
  let drawn: number;
  let url: string;

  beforeEach(async () => {
    lines = [];
    drawn = 0.5;
    const app = createApp({ colour: 'yellow', random: () => drawn, write: (line) => lines.push(line) });
    servers.push(app);
    url = await listen(app);
  });

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function ask(path: string): Promise<Answer> {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  it('answers with the colour of its release', async () => {
    expect(await ask('/color')).to.deep.equal({ status: 200, body: { colour: 'yellow' } });
    expect(JSON.parse(lines[0] ?? '')).to.include({
      level: 'info',
      msg: 'request completed',
      path: '/color',
      status: 200,
    });
  });

  it('fails as often as the slider of its own colour says', async () => {
    expect((await ask('/color?errors=yellow:51')).status).to.equal(500);
    expect((await ask('/color?errors=yellow:50')).status).to.equal(200);
    drawn = 0;
    expect((await ask('/color?errors=yellow:0')).status).to.equal(200);
    drawn = 0.999_999;
    expect((await ask('/color?errors=blue:0,yellow:100')).status).to.equal(500);
  });

  it('does not fail by the slider of another colour', async () => {
    drawn = 0;
    expect(await ask('/color?errors=blue:100')).to.deep.equal({ status: 200, body: { colour: 'yellow' } });
  });

  it('logs an error with its stack, and says it to the page', async () => {
    const { body } = await ask('/color?errors=yellow:100');
    expect(body).to.deep.equal({ colour: 'yellow', error: 'no yellow paint left' });
    const [error, request] = lines.map((line) => JSON.parse(line));
    expect(error).to.include({ level: 'error', msg: 'cannot paint' });
    expect(error.stack).to.match(/^Error: no yellow paint left\n +at .*server\.ts/);
    expect(request).to.include({ status: 500 });
  });

  it('refuses error rates that it does not understand', async () => {
    for (const text of ['yellow', 'yellow:', 'yellow:101', 'yellow:-1', 'yellow:x', 'pink:5', 'blue:5,'])
      expect((await ask(`/color?errors=${text}`)).status, text).to.equal(400);
    expect((await ask('/nothing')).status).to.equal(404);
    expect(errorRatesOf('')).to.deep.equal({});
    expect(() => colourOf('pink')).to.throw(COLOURS.join(', '));
  });

  it('is healthy without a line in the log', async () => {
    expect(await ask('/healthz')).to.deep.equal({ status: 200, body: { status: 'ok' } });
    expect(lines).to.deep.equal([]);
  });

  it('serves a page whose script asks what the server answers', async () => {
    const response = await fetch(`${url}/`);
    expect(response.headers.get('content-type')).to.equal('text/html; charset=utf-8');
    const page = await response.text();
    const script = /<script>([\s\S]*)<\/script>/.exec(page)?.[1] ?? '';
    const seen = await runPage(script, url, { slideTo: 100 });
    expect(seen).to.deep.equal({
      before: { colour: 'yellow', text: '' },
      after: { colour: 'yellow', text: '×' },
      sliders: 1,
      share: 'yellow 100 %',
    });
  });

  it('runs as a process that ends when it is told to', async () => {
    const child = spawn(process.execPath, ['main.ts'], {
      cwd: APP,
      env: { ...process.env, COLOR: 'blue', PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(JSON.parse(line)).to.include({ level: 'info', msg: 'listening', colour: 'blue' });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
  });

  it('has visitors who say what their slider says', async () => {
    const { promise: visited, resolve } = Promise.withResolvers<readonly unknown[]>();
    const target = createServer((request, response) => {
      response.end('{}');
      resolve([request.url, request.headers.host]);
    });
    servers.push(target);
    const child = spawn(process.execPath, ['traffic.ts'], {
      cwd: APP,
      env: {
        ...process.env,
        TARGET_URL: await listen(target),
        TARGET_HOST: 'app.example.com',
        PER_SECOND: '50',
        ERRORS: 'yellow:100',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(await visited).to.deep.equal(['/color?errors=yellow%3A100', 'app.example.com']);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
  });
});

interface Seen {
  readonly before: object;
  readonly after: object;
  readonly sliders: number;
  readonly share: string;
}

/** As much of a document as the page's script touches. */
class Element {
  readonly children: Element[] = [];
  readonly style: Record<string, string> = {};
  readonly listeners: (() => void)[] = [];
  textContent = '';
  className = '';
  title = '';
  value = '';

  get childElementCount(): number {
    return this.children.length;
  }

  append(...elements: readonly Element[]): void {
    this.children.push(...elements);
  }

  addEventListener(_: string, listener: () => void): void {
    this.listeners.push(listener);
  }

  setAttribute(): void {}
}

/** Runs the page's script against the server: asks once, moves the first slider, asks again. */
async function runPage(script: string, url: string, { slideTo }: { slideTo: number }): Promise<Seen> {
  const elements: Record<string, Element> = {};
  const document = {
    querySelector: (selector: string): Element => {
      elements[selector] ??= new Element();
      return elements[selector];
    },
    createElement: () => new Element(),
  };
  let tick: () => Promise<void> = async () => {};
  const run = new Function('document', 'fetch', 'setInterval', script);
  run(
    document,
    (path: string) => fetch(`${url}/${path}`),
    (ask: () => Promise<void>) => {
      tick = ask;
    },
  );
  const squares = document.querySelector('#squares');
  const look = (): object => {
    const { style, textContent } = squares.children.at(-1) ?? new Element();
    return { colour: style['background'], text: textContent };
  };
  await tick();
  const before = look();
  const sliders = document.querySelector('#sliders').children;
  const slider = sliders[0]?.children[1];
  if (slider === undefined) throw new Error('the page has no slider');
  slider.value = `${slideTo}`;
  for (const listener of slider.listeners) listener();
  await tick();
  return {
    before,
    after: look(),
    sliders: sliders.length,
    share: document.querySelector('#share').textContent,
  };
}
