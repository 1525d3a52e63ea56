import { connect } from 'node:net';
import { expect } from 'chai';
import { type HealthCheck, serveHealth } from '../../../../operator/kernel/health.ts';
import type { PlainServer } from '../../../../operator/kernel/http-server.ts';

describe('the health server', () => {
  let wrong: string | undefined;
  let server: PlainServer;

  const broken: HealthCheck = () => {
    throw new Error('secret');
  };

  async function get(path: string, init: RequestInit = {}): Promise<[number, string]> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return [response.status, await response.text()];
  }

  beforeEach(async () => {
    wrong = undefined;
    server = await serveHealth(
      { live: { ping: () => undefined }, ready: { 'api-server': () => wrong, queue: () => undefined } },
      { port: 0, host: '127.0.0.1' },
    );
  });

  afterEach(() => server.close());

  it('answers ok while every check passes', async () => {
    expect(await get('/healthz')).to.deep.equal([200, 'ok']);
    expect(await get('/readyz')).to.deep.equal([200, 'ok']);
  });

  it('names what fails and what does not', async () => {
    wrong = 'no contact for 5 minutes';
    expect(await get('/healthz')).to.deep.equal([200, 'ok']);
    expect(await get('/readyz')).to.deep.equal([
      500,
      '[-]api-server failed: no contact for 5 minutes\n[+]queue ok\nreadyz check failed\n',
    ]);
  });

  it('lists every check when asked to be verbose', async () => {
    expect(await get('/readyz?verbose')).to.deep.equal([
      200,
      '[+]api-server ok\n[+]queue ok\nreadyz check passed\n',
    ]);
  });

  it('answers for one check alone', async () => {
    wrong = 'down';
    expect((await get('/readyz/queue'))[0]).to.equal(200);
    expect((await get('/readyz/api-server'))[0]).to.equal(500);
    for (const path of ['/readyz/unknown', '/readyz/toString', '/readyz/queue/more', '/', '/metrics']) {
      expect((await get(path))[0], path).to.equal(404);
    }
  });

  it('takes a check that throws for failed, and keeps its words to itself', async () => {
    await server.close();
    server = await serveHealth({ live: { broken }, ready: {} }, { port: 0, host: '127.0.0.1' });
    const [status, text] = await get('/healthz');
    expect(status).to.equal(500);
    expect(text).not.to.include('secret');
  });

  it('only reads', async () => {
    expect((await get('/healthz', { method: 'POST' }))[0]).to.equal(405);
    expect(await get('/healthz', { method: 'HEAD' })).to.deep.equal([200, '']);
  });

  it('closes though a client holds its connection open', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
    await new Promise<void>((resolve) => void socket.on('connect', () => resolve()));
    socket.on('error', () => {});
    await server.close();
    await closed;
    server = await serveHealth({ live: {}, ready: {} }, { port: 0, host: '127.0.0.1' });
  });
});
