import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { type Clock, systemClock } from '../../../../crds/client/clock.ts';
import { HOLD_BYTES, type LogWish, readLog } from '../../../../operator/evidence/log-reader.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const T0 = Date.UTC(2026, 0, 1);
const MIB = 1024 * 1024;
const LINE = 100;
const LOCATION = { namespace: 'shop', pod: 'web-1', container: 'app', previous: false };
/** Longer than any test runs: only a clock that a test moves comes to them. */
const TIMEOUTS = { headMs: 500_000, idleMs: 300_000, totalMs: 20_000_000 };

/** Lines of 100 bytes, one a millisecond. */
function line(index: number): string {
  return `${new Date(T0 + index).toISOString()} line ${index}`.padEnd(LINE - 1, '.');
}

describe("reading a container's log", () => {
  let server: http.Server;
  let transport: KubeTransport;
  let handle: http.RequestListener;
  let requests: URL[];

  before(async () => {
    server = http.createServer((request, response) => {
      requests.push(new URL(request.url ?? '', 'http://localhost'));
      handle(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    transport = createKubeTransport(loadKubeConfig({ server: `http://127.0.0.1:${port}` }, {}));
  });
  beforeEach(() => {
    requests = [];
  });
  after(async () => {
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function read(
    wish: Partial<LogWish> = {},
    location = LOCATION,
    given: { signal?: AbortSignal; clock?: Clock; deadline?: number } = {},
  ) {
    let lines = 0;
    let size = 0;
    let first = '';
    let last = '';
    const options = { transport, clock: systemClock, timeouts: TIMEOUTS, ...given };
    const reading = await readLog(
      location,
      { to: T0 + 1e9, maxBytes: 64 * 1024, ...wish },
      options,
      (chunk) => {
        size += chunk.length;
        const text = Buffer.from(chunk).toString();
        if (first === '') first = text.slice(0, LINE);
        last = text.slice(-LINE);
        lines += text.split('\n').length - 1;
      },
    );
    return { ...reading, lines, size, first, last };
  }

  const refuse = (code: number, message: string, headers = {}): http.RequestListener => {
    return (_request, response) => {
      response.writeHead(code, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message, reason: 'X' }));
    };
  };

  it('asks for timestamps, the container and the start of the window', async () => {
    handle = (_request, response) => response.end(`${line(5)}\n`);
    const result = await read({ from: T0 });
    expect(result).to.include({ lines: 1, incomplete: false });
    expect(requests[0]?.pathname).to.equal('/api/v1/namespaces/shop/pods/web-1/log');
    expect(Object.fromEntries(requests[0]?.searchParams ?? [])).to.deep.equal({
      container: 'app',
      timestamps: 'true',
      sinceTime: new Date(T0).toISOString(),
    });
  });

  it('ends at the end of the window', async () => {
    handle = (_request, response) => response.end([1, 2, 3, 4].map((n) => `${line(n)}\n`).join(''));
    expect(await read({ to: T0 + 2 })).to.include({ lines: 2 });
  });

  it('tells a refused log with the right that is missing', async () => {
    handle = refuse(403, 'pods "web-1" is forbidden: User "op" cannot get resource "pods/log"');
    const result = await read();
    expect(result).to.include({ bytes: 0, incomplete: true });
    expect(result.gap).to.match(/^refused: .*pods\/log/);
    expect(requests).to.have.lengthOf(1);
  });

  it('takes a container that waits to start for one without a log', async () => {
    handle = refuse(400, 'container "app" in pod "web-1" is waiting to start: ContainerCreating');
    expect(await read()).to.include({ incomplete: false, gap: 'it is waiting to start and has no log yet' });
  });

  it('misses the log of a run before that was cleaned away only where it ran in the range', async () => {
    handle = refuse(400, 'previous terminated container "app" in pod "web-1" not found');
    for (const existed of [true, false]) {
      const result = await read({ existed }, { ...LOCATION, previous: true });
      expect(result).to.include({
        incomplete: existed,
        gap: 'the log of the run before is no longer there',
      });
    }
  });

  it('misses the log of a pod that has gone only where its container had started', async () => {
    handle = refuse(404, 'pods "web-1" not found');
    for (const existed of [true, false]) {
      const result = await read({ existed });
      expect(result).to.include({ incomplete: existed, gap: 'the pod has gone and its log with it' });
    }
    expect(await read()).to.include({ incomplete: true });
  });

  /** Until a chunk has been taken and the wait for the next one begins. */
  async function untilTaken(clock: FakeClock): Promise<void> {
    while (clock.pending[0] !== TIMEOUTS.idleMs) await turn();
  }

  it('gives up a log whose answer does not begin, without another try', async () => {
    const clock = new FakeClock();
    const arrived = new Promise<void>((resolve) => {
      handle = () => resolve();
    });
    const reading = read({}, LOCATION, { clock });
    await arrived;
    await clock.advance(TIMEOUTS.headMs);
    expect(await reading).to.include({ incomplete: true, gap: 'no answer came within 500 s' });
    expect(requests).to.have.lengthOf(1);
  });

  it('keeps what came of a log that hangs half-way', async () => {
    const clock = new FakeClock();
    handle = (_request, response) => void response.write(`${line(1)}\n${line(2)}\n`);
    const reading = read({}, LOCATION, { clock });
    await untilTaken(clock);
    await clock.advance(TIMEOUTS.idleMs);
    const result = await reading;
    expect(result).to.include({ lines: 2, incomplete: true });
    expect(result.gap).to.equal('cut after 200 bytes: no further byte came within 300 s');
  });

  it('reads a log that comes slowly to its end', async () => {
    const clock = new FakeClock();
    const answer = new Promise<http.ServerResponse>((resolve) => {
      handle = (_request, response) => resolve(response);
    });
    const reading = read({}, LOCATION, { clock });
    const response = await answer;
    for (let index = 0; index < 5; index++) {
      response.write(`${line(index)}\n`);
      await untilTaken(clock);
      await clock.advance(TIMEOUTS.idleMs - 1);
    }
    response.end();
    expect(await reading).to.include({ lines: 5, incomplete: false });
  });

  it('tries a 429 and a broken connection again and hands on each line once', async () => {
    handle = (request, response) => {
      if (requests.length === 1) refuse(429, 'slow down')(request, response);
      else if (requests.length === 2) {
        response.write(`${line(1)}\n`);
        setImmediate(() => response.destroy());
      } else response.end(`${line(1)}\n${line(2)}\n`);
    };
    expect(await read()).to.include({ lines: 2, incomplete: false });
    expect(requests).to.have.lengthOf(3);
  });

  it('waits as long as a 429 asks, and not for a try that would come too late', async () => {
    handle = (request, response) => {
      if (requests.length === 1) refuse(429, 'slow down', { 'retry-after': '30' })(request, response);
      else response.end(`${line(1)}\n`);
    };
    const clock = new FakeClock();
    const reading = read({}, LOCATION, { clock });
    while (clock.pending[0] !== 30_000) await turn();
    await clock.advance(30_000);
    expect(await reading).to.include({ lines: 1, incomplete: false });

    requests.length = 0;
    const late = await read({}, LOCATION, { clock, deadline: clock.now() + 20_000 });
    expect(late).to.include({ lines: 0, incomplete: true });
    expect(late.gap).to.include('slow down');
    expect(requests).to.have.lengthOf(1);
  });

  it('tells a log that breaks each time, and keeps what came', async () => {
    handle = (_request, response) => {
      response.write(`${line(1)}\n`);
      setImmediate(() => response.destroy());
    };
    const result = await read();
    expect(result).to.include({ lines: 1, incomplete: true });
    expect(result.gap).to.match(/^cut after 100 bytes: /);
    expect(requests).to.have.lengthOf(3);
  });

  it('ends at once when it is aborted', async () => {
    handle = () => controller.abort();
    const controller = new AbortController();
    const error = await read({}, LOCATION, { signal: controller.signal }).catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'ABORTED');
  });

  /** Streams lines from one index to another with back-pressure. */
  const serveLines =
    (count: number): http.RequestListener =>
    (request, response) => {
      const since = Date.parse(
        new URL(request.url ?? '', 'http://localhost').searchParams.get('sinceTime') ??
          new Date(T0).toISOString(),
      );
      let index = Math.floor((since - T0) / 1000) * 1000;
      const more = (): void => {
        while (index < count) {
          const end = Math.min(index + 1000, count);
          const chunk = `${Array.from({ length: end - index }, (_, i) => line(index + i)).join('\n')}\n`;
          index = end;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };

  it('keeps the newest bytes of a log that is too long, and says how much was left out', async () => {
    const count = 20_000;
    handle = serveLines(count);
    const result = await read({ maxBytes: 100_000 });
    expect(result.last).to.equal(`${line(count - 1)}\n`);
    expect(result.size).to.be.within(99_000, 100_000);
    expect(result.gap).to.equal('only the newest 97.7 KiB of 1.9 MiB were read');
    expect(result.incomplete).to.equal(false);
    expect(requests).to.have.lengthOf(1);
  });

  it('reads a log that is too long to hold twice, the second time only its newest part', async () => {
    const count = 300_000;
    handle = serveLines(count);
    const result = await read({ maxBytes: 2 * HOLD_BYTES });
    expect(requests).to.have.lengthOf(2);
    expect(result.last).to.equal(`${line(count - 1)}\n`);
    expect(result.size).to.be.within(2 * HOLD_BYTES - MIB, 2 * HOLD_BYTES);
    expect(result.gap).to.match(/^only the newest 8\.0 MiB of 28\.6 MiB/);
    expect(result.incomplete).to.equal(false);
  });

  it('tries the second reading again when it is refused for the moment', async () => {
    const count = 60_000;
    handle = (request, response) => {
      if (requests.length === 2) refuse(503, 'not now')(request, response);
      else serveLines(count)(request, response);
    };
    const result = await read({ from: T0, maxBytes: 2 * HOLD_BYTES });
    expect(requests).to.have.lengthOf(3);
    expect(result).to.include({ lines: count, incomplete: false });
  });

  it('misses the lines of a log that is rotated between the two readings', async () => {
    const count = 120_000;
    handle = (request, response) => {
      if (requests.length === 1) serveLines(count)(request, response);
      else response.end(Array.from({ length: 99_000 }, (_, i) => `${line(count - 99_000 + i)}\n`).join(''));
    };
    const result = await read({ from: T0, maxBytes: 4 * HOLD_BYTES });
    expect(requests).to.have.lengthOf(2);
    expect(result).to.include({ lines: 99_000, incomplete: true });
    expect(result.gap).to.equal('only 9.4 MiB were read: it was rotated while it was read');
  });
});
