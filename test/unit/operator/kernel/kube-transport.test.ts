import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type http from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readText } from '../../../../crds/client/body.ts';
import type { ApiRequest } from '../../../../crds/client/transport.ts';
import { isCoded } from '../../../../crds/errors.ts';
import { currentNamespace, loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import {
  createKubeTransport,
  type KubeTransport,
  type KubeTransportOptions,
} from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Answer, json, serveHttp, type TestServer } from '../../../support/http-server.ts';
import { failureOf } from '../../../support/promises.ts';

const GET: ApiRequest = { method: 'GET', path: '/api/v1/pods' };

describe('the transport to the API server', () => {
  let server: TestServer | undefined;
  let transport: KubeTransport | undefined;
  let directory: string;

  async function open(
    answer: Answer,
    options: KubeTransportOptions & { token?: string } = {},
  ): Promise<KubeTransport> {
    const { token, ...rest } = options;
    server = await serveHttp(answer);
    const source = { server: server.url, ...(token === undefined ? {} : { token }) };
    transport = createKubeTransport(loadKubeConfig(source, {}), rest);
    return transport;
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kube-transport-'));
  });

  afterEach(async () => {
    transport?.close();
    await server?.close();
    transport = undefined;
    server = undefined;
    await rm(directory, { recursive: true });
  });

  it('sends method, path, query, body and credential, and gives back status, headers and body', async () => {
    const api = await open((_request, response) => json(response, 201, { ok: true }, { 'X-Answer': 'yes' }), {
      token: 'the-token',
    });
    const response = await api.request({
      method: 'POST',
      path: '/api/v1/a%20b',
      query: { labelSelector: 'a in (b, c)&d=e' },
      body: { name: 'é' },
    });
    expect(response.status).to.equal(201);
    expect(response.headers['x-answer']).to.equal('yes');
    expect((await readText(response.body, 100)).text).to.equal('{"ok":true}');
    const [seen] = server?.seen ?? [];
    expect(seen).to.deep.include({
      method: 'POST',
      path: '/api/v1/a%20b',
      query: { labelSelector: 'a in (b, c)&d=e' },
      body: '{"name":"é"}',
    });
    expect(seen?.headers).to.include({
      authorization: 'Bearer the-token',
      'content-type': 'application/json',
    });
  });

  it('says how long a body is whatever the method', async () => {
    const api = await open((_request, response) => json(response, 200, {}));
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const { status, body } = await api.request({
        method,
        path: '/api',
        body: { é: 1 },
        contentType: 'x/y',
      });
      await readText(body, 100);
      expect(status).to.equal(200);
    }
    expect(
      server?.seen.map(({ body, headers }) => [body, headers['content-length'], headers['content-type']]),
    ).to.deep.equal(Array.from({ length: 4 }, () => ['{"é":1}', '8', 'x/y']));
  });

  it('uses one connection again for requests that follow each other', async () => {
    const sockets = new Set<unknown>();
    const api = await open((_request, response) => {
      sockets.add(response.socket);
      json(response, 200, {});
    });
    for (let times = 0; times < 3; times++) await readText((await api.request(GET)).body, 100);
    expect(sockets.size).to.equal(1);
  });

  it('reads the body as it arrives', async () => {
    let answering: http.ServerResponse | undefined;
    const api = await open((_request, response) => {
      answering = response;
      response.write('first');
    });
    const { body } = await api.request(GET);
    const chunks: string[] = [];
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk).toString());
      if (chunks.length === 1) answering?.end('second');
    }
    expect(chunks).to.deep.equal(['first', 'second']);
  });

  it('keeps the path that the URL of the server has of its own', async () => {
    server = await serveHttp((_request, response) => json(response, 200, {}));
    transport = createKubeTransport(loadKubeConfig({ server: `${server.url}/k8s/clusters/c-1/` }, {}));
    await readText((await transport.request(GET)).body, 100);
    expect(server.seen[0]?.path).to.equal('/k8s/clusters/c-1/api/v1/pods');
  });

  it('ends the request with ABORTED when its signal fires: before, while waiting, while reading', async () => {
    const aborted = AbortSignal.abort();
    const waiting = new AbortController();
    const reading = new AbortController();
    const api = await open((request, response) => {
      if (request.path === '/wait') waiting.abort();
      else response.write('first');
    });
    expect(isCoded(await failureOf(api.request({ ...GET, signal: aborted })), 'ABORTED')).to.equal(true);
    const wait = api.request({ method: 'GET', path: '/wait', signal: waiting.signal });
    expect(isCoded(await failureOf(wait), 'ABORTED')).to.equal(true);
    const { body } = await api.request({ ...GET, signal: reading.signal });
    const read = (async () => {
      for await (const _chunk of body) reading.abort();
    })();
    expect(isCoded(await failureOf(read), 'ABORTED')).to.equal(true);
    expect(server?.seen.map(({ path }) => path)).to.deep.equal(['/wait', '/api/v1/pods']);
  });

  it('lets go of the connection when the body is not read to its end', async () => {
    const closed = Promise.withResolvers<void>();
    const api = await open((_request, response) => {
      response.on('close', closed.resolve);
      response.write('x'.repeat(100));
    });
    for await (const _chunk of (await api.request(GET)).body) break;
    await closed.promise;
  });

  it('says API_UNREACHABLE when nobody listens, with the cause', async () => {
    const api = await open(() => {});
    await server?.close();
    server = undefined;
    const error = await failureOf(api.request(GET));
    expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
    expect(error.message).to.equal('GET /api/v1/pods: the API server could not be reached (ECONNREFUSED)');
    expect(error.cause).to.be.instanceOf(Error);
  });

  it('says API_UNREACHABLE when the connection breaks, in the head or in the body', async () => {
    const api = await open((request, response) => {
      if (request.path === '/head') response.destroy();
      else response.write('x', () => response.destroy());
    });
    expect(
      isCoded(await failureOf(api.request({ method: 'PATCH', path: '/head', body: {} })), 'API_UNREACHABLE'),
    ).to.equal(true);
    const { body } = await api.request(GET);
    expect(isCoded(await failureOf(readText(body, 100)), 'API_UNREACHABLE')).to.equal(true);
  });

  it('asks once more when a kept connection turns out to be closed, but never repeats a write', async () => {
    const api = await open((request, response) => {
      const later = (server?.seen.length ?? 0) === 2 || request.method === 'POST';
      if (later) response.destroy();
      else json(response, 200, {});
    });
    await readText((await api.request(GET)).body, 100);
    await readText((await api.request(GET)).body, 100);
    expect(server?.seen.length).to.equal(3);
    const error = await failureOf(api.request({ method: 'POST', path: '/api', body: {} }));
    expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
    expect(server?.seen.length).to.equal(4);
  });

  it('gives up a server that does not answer', async () => {
    const clock = new FakeClock();
    const asked = Promise.withResolvers<void>();
    const api = await open(() => asked.resolve(), { clock, headersTimeoutMs: 7000 });
    const error = failureOf(api.request(GET));
    await asked.promise;
    await clock.advance(7000);
    expect(isCoded(await error, 'API_UNREACHABLE')).to.equal(true);
    expect((await error).message).to.equal('GET /api/v1/pods: no answer within 7 s');
    expect(clock.pending).to.deep.equal([]);
  });

  it('gives up a connection that does not get through TLS', async () => {
    const clock = new FakeClock();
    const connected = Promise.withResolvers<void>();
    const silent: Server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      connected.resolve();
    });
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    transport = createKubeTransport(loadKubeConfig({ server: `https://127.0.0.1:${port}` }, {}), {
      clock,
      connectTimeoutMs: 3000,
    });
    const error = failureOf(transport.request(GET));
    await connected.promise;
    await clock.advance(3000);
    expect((await error).message).to.equal('GET /api/v1/pods: no connection within 3 s');
    await new Promise((resolve) => void silent.close(resolve));
  });

  describe('finding its cluster', () => {
    const kubeconfig = (url: string): string =>
      JSON.stringify({
        clusters: [
          { name: 'c', cluster: { server: url } },
          { name: 'other', cluster: { server: 'https://other.example' } },
        ],
        users: [{ name: 'u', user: { token: 'from-the-file' } }],
        contexts: [
          { name: 'first', context: { cluster: 'c', user: 'u', namespace: 'shop' } },
          { name: 'second', context: { cluster: 'other', user: 'u' } },
        ],
        'current-context': 'first',
      });

    it('uses a kubeconfig with its token and namespace', async () => {
      server = await serveHttp((_request, response) => json(response, 200, {}));
      const file = join(directory, 'config');
      await writeFile(file, kubeconfig(server.url));
      const config = loadKubeConfig({ kubeconfig: file }, {});
      expect(currentNamespace(config)).to.equal('shop');
      transport = createKubeTransport(config);
      await readText((await transport.request(GET)).body, 100);
      expect(server.seen[0]?.headers.authorization).to.equal('Bearer from-the-file');
      const second = loadKubeConfig({ kubeconfig: file, context: 'second' }, {});
      expect(second.getCurrentCluster()?.server).to.equal('https://other.example');
      expect(currentNamespace(second)).to.equal(undefined);
    });

    it('uses the service account of its pod, its token file as it is, newline or not', async () => {
      const account = join(directory, 'var/run/secrets/kubernetes.io/serviceaccount');
      await mkdir(account, { recursive: true });
      await writeFile(join(account, 'token'), 'from-the-pod\n');
      await writeFile(join(account, 'ca.crt'), 'PEM');
      await writeFile(join(account, 'namespace'), 'argo-rollouts');
      const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
      const config = loadKubeConfig({}, env, { root: directory, home: directory });
      expect(config.getCurrentCluster()?.server).to.equal('https://[fd00::1]:6443');
      expect(currentNamespace(config)).to.equal('argo-rollouts');
      server = await serveHttp((_request, response) => json(response, 200, {}));
      Object.assign(config.getCurrentCluster() ?? {}, { server: server.url, caFile: undefined });
      transport = createKubeTransport(config);
      await readText((await transport.request(GET)).body, 100);
      expect(server.seen[0]?.headers.authorization).to.equal('Bearer from-the-pod');
    });

    const bad: [string, () => unknown, RegExp][] = [
      ['there is none', () => loadKubeConfig({}, {}, { home: '/nonexistent' }), /no cluster is configured/],
      [
        'the kubeconfig is not there',
        () => loadKubeConfig({ kubeconfig: '/nonexistent/c' }, {}),
        /cannot be read/,
      ],
      [
        'the CA is not there',
        () => loadKubeConfig({ server: 'https://a', caFile: '/nonexistent' }, {}),
        /CA file/,
      ],
      ['the URL is none', () => loadKubeConfig({ server: 'nonsense' }, {}), /not a URL/],
      ['the URL is of another protocol', () => loadKubeConfig({ server: 'ftp://a' }, {}), /https/],
      [
        'a token would leave the machine unencrypted',
        () => loadKubeConfig({ server: 'http://api.example', token: 'secret' }, {}),
        /unencrypted to api\.example/,
      ],
    ];
    for (const [when, load, message] of bad) {
      it(`refuses to start when ${when}`, () => {
        expect(load)
          .to.throw(message)
          .that.satisfies(
            (error: unknown) => isCoded(error, 'CONFIG_INVALID') && !error.message.includes('secret'),
          );
      });
    }
  });
});
