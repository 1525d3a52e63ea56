import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readText } from '../../../crds/client/body.ts';
import type { ApiRequest } from '../../../crds/client/transport.ts';
import { type ClosableTransport, createTransport, type TransportOptions } from '../../../plugin/transport.ts';
import { startApiServer } from '../../lab/api-server/api-server.ts';
import { json, serveHttp, type TestServer } from '../../support/http-server.ts';
import { failureOf } from '../../support/promises.ts';

describe('the transport to the API server', () => {
  let folder: string;
  let server: TestServer | undefined;
  let transport: ClosableTransport | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'transport-'));
  });

  afterEach(async () => {
    transport?.close();
    await server?.close();
    transport = undefined;
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  async function connect(answer: Parameters<typeof serveHttp>[0], options: Partial<TransportOptions> = {}) {
    server = await serveHttp(answer);
    transport = await createTransport({ server: server.url, ...options });
    return { server, transport };
  }

  async function ask(over: ClosableTransport, request: Partial<ApiRequest> = {}) {
    const response = await over.request({ method: 'GET', path: '/api', ...request });
    return { ...response, ...(await readText(response.body, 1 << 20)) };
  }

  it('sends method, path, query, body and content type, and gives back what was answered', async () => {
    const { transport, server } = await connect((_request, response) => json(response, 201, { ok: true }), {
      userAgent: 'canary-analysis-plugin/1',
    });
    const answer = await ask(transport, {
      method: 'PATCH',
      path: '/apis/a/b%20c',
      query: { fieldValidation: 'Strict' },
      body: { spec: 'ü' },
      contentType: 'application/merge-patch+json',
    });
    expect(answer).to.include({ status: 201, text: '{"ok":true}' });
    expect(answer.headers['content-type']).to.equal('application/json');
    const [seen] = server.seen;
    expect(seen).to.include({ method: 'PATCH', path: '/apis/a/b%20c', body: '{"spec":"ü"}' });
    expect(seen?.query).to.deep.equal({ fieldValidation: 'Strict' });
    expect(seen?.headers).to.include({
      'content-type': 'application/merge-patch+json',
      'content-length': '13',
      'user-agent': 'canary-analysis-plugin/1',
    });
    expect(seen?.headers).not.to.have.property('authorization');
  });

  it('shows the token as it stands in its file now', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'first\n');
    const { transport, server } = await connect((_request, response) => json(response, 200, {}), {
      tokenFile,
    });
    await ask(transport);
    writeFileSync(tokenFile, 'second\n');
    await ask(transport);
    expect(server.seen.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('says which file cannot be read', async () => {
    const { transport } = await connect((_request, response) => json(response, 200, {}), {
      tokenFile: join(folder, 'none'),
    });
    const error = await failureOf(ask(transport));
    expect(error).to.have.property('code', 'API_UNREACHABLE');
    expect(error.message).to.match(/token file .*none cannot be read/);
  });

  it('uses a connection again', async () => {
    const ports = new Set<number | undefined>();
    const { transport } = await connect((_request, response) => {
      ports.add(response.socket?.remotePort);
      json(response, 200, {});
    });
    for (let i = 0; i < 5; i++) await ask(transport);
    expect(ports.size).to.equal(1);
  });

  it('hands on a body as it arrives', async () => {
    let finish = () => {};
    const { transport } = await connect((_request, response) => {
      response.write('one');
      finish = () => response.end('two');
    });
    const response = await transport.request({ method: 'GET', path: '/' });
    const parts: string[] = [];
    for await (const chunk of response.body) {
      parts.push(Buffer.from(chunk).toString());
      finish();
    }
    expect(parts).to.deep.equal(['one', 'two']);
  });

  it('says that there was no answer when nobody listens or the connection breaks', async () => {
    const { transport, server: gone } = await connect((_request, response) => void response.destroy());
    const reset = await failureOf(ask(transport));
    expect(reset).to.have.property('code', 'API_UNREACHABLE');
    expect(reset.message).to.match(/^GET \/api: .*ECONNRESET/);
    await gone.close();
    server = undefined;
    expect((await failureOf(ask(transport))).message).to.match(/ECONNREFUSED/);
  });

  it('says that there was no answer when a body breaks off', async () => {
    const { transport } = await connect((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    expect(await failureOf(ask(transport))).to.have.property('code', 'API_UNREACHABLE');
  });

  it('ends at once when it is told to: before, while and after the answer begins', async () => {
    const { transport } = await connect((request, response) => {
      if (request.path === '/body') response.write('begun');
    });
    expect(await failureOf(ask(transport, { signal: AbortSignal.abort() }))).to.have.property(
      'code',
      'ABORTED',
    );
    const waiting = new AbortController();
    const asked = failureOf(ask(transport, { signal: waiting.signal }));
    setImmediate(() => waiting.abort());
    expect(await asked).to.have.property('code', 'ABORTED');
    const reading = new AbortController();
    const response = await transport.request({ method: 'GET', path: '/body', signal: reading.signal });
    reading.abort();
    expect(await failureOf(readText(response.body, 100))).to.have.property('code', 'ABORTED');
  });

  describe('over TLS', () => {
    it('trusts the certificate authority of its file, and nobody else', async () => {
      const secure = await startApiServer();
      const tokenFile = join(folder, 'token');
      const caFile = join(folder, 'ca.crt');
      writeFileSync(tokenFile, secure.access.tokenFor('someone'));
      writeFileSync(caFile, secure.ca ?? '');
      transport = await createTransport({ server: secure.url, tokenFile, caFile });
      const stranger = await createTransport({ server: secure.url, tokenFile });
      try {
        expect((await ask(transport, { path: '/api/v1/namespaces' })).status).to.equal(200);
        const refused = await failureOf(ask(stranger));
        expect(refused).to.have.property('code', 'API_UNREACHABLE');
        expect(refused.message).to.match(/SELF_SIGNED|UNABLE_TO_VERIFY|DEPTH_ZERO/);
      } finally {
        stranger.close();
        transport.close();
        await secure.stop();
      }
    });
  });
});
