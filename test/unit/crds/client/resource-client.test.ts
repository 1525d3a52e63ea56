import { expect } from 'chai';
import { ApiError } from '../../../../crds/client/api-error.ts';
import type { KubernetesObject } from '../../../../crds/client/kubernetes-object.ts';
import type { ResourceDefinition } from '../../../../crds/client/resource.ts';
import { ResourceClient, type ResourceClientOptions } from '../../../../crds/client/resource-client.ts';
import { CodedError, type ErrorCode, isCoded } from '../../../../crds/errors.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Answer, json, refuse, serveHttp, type TestServer } from '../../../support/http-server.ts';
import { collect, failureOf } from '../../../support/promises.ts';

interface Widget extends KubernetesObject {
  readonly spec?: { readonly size: number; readonly colour?: string };
  readonly status?: { readonly ready: boolean };
}

const widgets: ResourceDefinition = {
  group: 'shop.example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};
const COLLECTION = '/apis/shop.example.com/v1/namespaces/shop/widgets';

function widget(name: string, resourceVersion = '1'): Widget {
  return {
    apiVersion: 'shop.example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'shop', resourceVersion },
  };
}

describe('the typed client', () => {
  let server: TestServer;
  let transport: KubeTransport;

  async function client(
    answer: Answer,
    options: ResourceClientOptions = {},
  ): Promise<ResourceClient<Widget>> {
    server = await serveHttp(answer);
    transport = createKubeTransport(loadKubeConfig({ server: server.url }, {}));
    return new ResourceClient<Widget>(transport, widgets, options);
  }

  afterEach(async () => {
    transport.close();
    await server.close();
  });

  async function refusal(
    answer: Answer,
    call: (client: ResourceClient<Widget>) => Promise<unknown>,
  ): Promise<ApiError> {
    const error = await failureOf(call(await client(answer)));
    return error instanceof ApiError ? error : expect.fail(`not an ApiError: ${error.message}`);
  }

  describe('reading', () => {
    it('gets an object by namespace and name', async () => {
      const api = await client((_request, response) => json(response, 200, widget('a')));
      expect(await api.get({ namespace: 'shop', name: 'a' })).to.deep.equal(widget('a'));
      expect(server.seen[0]).to.include({ method: 'GET', path: `${COLLECTION}/a` });
    });

    it('lists one page with selectors and says where the next begins', async () => {
      const api = await client((_request, response) =>
        json(response, 200, {
          metadata: { resourceVersion: '9', continue: 'next' },
          items: [{ metadata: { name: 'a' } }],
        }),
      );
      const page = await api.list({
        namespace: 'shop',
        labelSelector: 'a in (b,c)',
        fieldSelector: 'x=y',
        limit: 1,
      });
      expect(page.metadata).to.deep.equal({ resourceVersion: '9', continue: 'next' });
      expect(page.items).to.deep.equal([
        { apiVersion: 'shop.example.com/v1', kind: 'Widget', metadata: { name: 'a' } },
      ]);
      expect(server.seen[0]?.query).to.deep.equal({
        labelSelector: 'a in (b,c)',
        fieldSelector: 'x=y',
        limit: '1',
      });
    });

    it('lists all namespaces when none is named', async () => {
      const api = await client((_request, response) => json(response, 200, { metadata: {}, items: null }));
      expect((await api.list()).items).to.deep.equal([]);
      expect(server.seen[0]?.path).to.equal('/apis/shop.example.com/v1/widgets');
    });

    it('lists every page', async () => {
      const api = await client((request, response) => {
        const page = Number(request.query['continue'] ?? '0');
        const metadata = { resourceVersion: '9', ...(page < 2 ? { continue: String(page + 1) } : {}) };
        json(response, 200, { metadata, items: [widget(`w${page}`)] });
      });
      const all = await api.listAll({ namespace: 'shop', pageSize: 1 });
      expect(all.items.map((item) => item.metadata.name)).to.deep.equal(['w0', 'w1', 'w2']);
      expect(all.metadata.resourceVersion).to.equal('9');
      expect(server.seen.map((request) => request.query['limit'])).to.deep.equal(['1', '1', '1']);
    });

    it('lets go of what is not wanted, page by page', async () => {
      const api = await client((request, response) => {
        const page = Number(request.query['continue'] ?? 0);
        const next = page < 2 ? { continue: String(page + 1) } : {};
        json(response, 200, { metadata: next, items: [widget(`w${page}`), widget(`x${page}`)] });
      });
      const seen: string[] = [];
      const all = await api.listAll({
        keep: ({ metadata }) => {
          seen.push(`${metadata.name} of page ${server.seen.length}`);
          return metadata.name === 'w1';
        },
      });
      expect(all.items.map((item) => item.metadata.name)).to.deep.equal(['w1']);
      expect(seen.slice(0, 3)).to.deep.equal(['w0 of page 1', 'x0 of page 1', 'w1 of page 2']);
    });

    it('starts a paged list over when its snapshot was compacted away, and never mixes two', async () => {
      let lists = 0;
      const api = await client((request, response) => {
        if (request.query['continue'] === undefined) lists++;
        if (request.query['continue'] !== undefined && lists === 1) {
          refuse(response, 410, 'Expired', 'The provided continue parameter is too old');
        } else if (request.query['continue'] !== undefined) {
          json(response, 200, { metadata: { resourceVersion: '20' }, items: [widget('new-2')] });
        } else {
          const name = lists === 1 ? 'old-1' : 'new-1';
          json(response, 200, { metadata: { resourceVersion: '20', continue: 'c' }, items: [widget(name)] });
        }
      });
      const all = await api.listAll();
      expect(all.items.map((item) => item.metadata.name)).to.deep.equal(['new-1', 'new-2']);
    });

    it('gives up a paged list that expires again and again', async () => {
      const error = await refusal(
        (request, response) =>
          request.query['continue'] === undefined
            ? json(response, 200, { metadata: { continue: 'c' }, items: [] })
            : refuse(response, 410, 'Expired', 'too old'),
        (api) => api.listAll(),
      );
      expect(error.code).to.equal('API_EXPIRED');
      expect(server.seen.length).to.equal(8);
    });

    it('refuses an answer longer than it may be, and one that is not JSON, without repeating it', async () => {
      const api = await client(
        (request, response) => {
          response.end(
            request.path.endsWith('/a')
              ? JSON.stringify({ metadata: {}, secret: 'x'.repeat(2000) })
              : 'secret',
          );
        },
        { maxBodyBytes: 1000 },
      );
      for (const name of ['a', 'b']) {
        const error = await failureOf(api.get({ namespace: 'shop', name }));
        expect(isCoded(error, 'API_UNEXPECTED')).to.equal(true);
        expect(error.message).not.to.match(/secret|xxx/);
      }
    });
  });

  describe('writing', () => {
    it('creates an object strictly, under the manager given', async () => {
      const api = await client((request, response) =>
        json(response, 201, { ...JSON.parse(request.body), spec: { size: 2 } }),
      );
      const created = await api.create(
        { metadata: { name: 'a', namespace: 'shop' } },
        { fieldManager: 'test' },
      );
      expect(created.spec).to.deep.equal({ size: 2 });
      expect(server.seen[0]).to.deep.include({
        method: 'POST',
        path: COLLECTION,
        query: { fieldValidation: 'Strict', fieldManager: 'test' },
      });
      expect(JSON.parse(server.seen[0]?.body ?? '')).to.deep.equal({
        apiVersion: 'shop.example.com/v1',
        kind: 'Widget',
        metadata: { name: 'a', namespace: 'shop' },
      });
    });

    it('refuses to create under a name that is no path segment, before it asks the server', async () => {
      const api = await client((_request, response) => json(response, 201, widget('a')));
      const error = await failureOf(api.create({ metadata: { name: 'a/b', namespace: 'shop' } }));
      expect(isCoded(error, 'API_INVALID')).to.equal(true);
      expect(server.seen).to.deep.equal([]);
    });

    it('merges a patch into the object or its status', async () => {
      const api = await client((_request, response) => json(response, 200, widget('a', '2')));
      const ref = { namespace: 'shop', name: 'a' };
      await api.patch(ref, { spec: { colour: null } });
      await api.patch(
        ref,
        { metadata: { resourceVersion: '1' }, status: { ready: true } },
        { subresource: 'status' },
      );
      expect(server.seen.map(({ method, path, body }) => ({ method, path, body }))).to.deep.equal([
        { method: 'PATCH', path: `${COLLECTION}/a`, body: '{"spec":{"colour":null}}' },
        {
          method: 'PATCH',
          path: `${COLLECTION}/a/status`,
          body: '{"metadata":{"resourceVersion":"1"},"status":{"ready":true}}',
        },
      ]);
      expect(server.seen[0]?.headers['content-type']).to.equal('application/merge-patch+json');
    });

    it('deletes only the object of the UID given', async () => {
      const api = await client((_request, response) =>
        json(response, 200, { kind: 'Status', status: 'Success' }),
      );
      await api.delete({ namespace: 'shop', name: 'a' }, { uid: 'u-1' });
      expect(server.seen[0]).to.include({ method: 'DELETE', path: `${COLLECTION}/a` });
      expect(JSON.parse(server.seen[0]?.body ?? '')).to.deep.include({ preconditions: { uid: 'u-1' } });
    });
  });

  describe('a refusal', () => {
    const get = (api: ResourceClient<Widget>): Promise<unknown> => api.get({ namespace: 'shop', name: 'a' });
    const create = (api: ResourceClient<Widget>): Promise<unknown> => api.create(widget('a'));

    const codes: [number, string, ErrorCode][] = [
      [400, 'BadRequest', 'API_INVALID'],
      [401, 'Unauthorized', 'API_UNAUTHORIZED'],
      [403, 'Forbidden', 'API_FORBIDDEN'],
      [404, 'NotFound', 'API_NOT_FOUND'],
      [405, 'MethodNotAllowed', 'API_UNEXPECTED'],
      [409, 'AlreadyExists', 'API_ALREADY_EXISTS'],
      [409, 'Conflict', 'API_CONFLICT'],
      [410, 'Expired', 'API_EXPIRED'],
      [422, 'Invalid', 'API_INVALID'],
      [429, 'TooManyRequests', 'API_THROTTLED'],
      [500, 'InternalError', 'API_THROTTLED'],
      [503, 'ServiceUnavailable', 'API_THROTTLED'],
    ];
    for (const [status, reason, code] of codes) {
      it(`with ${status} ${reason} is ${code}`, async () => {
        const error = await refusal(
          (_request, response) => refuse(response, status, reason, 'because', { name: 'a' }),
          get,
        );
        expect(error).to.include({ code, status, reason });
        expect(error.message).to.equal(
          `get widgets.shop.example.com shop/a: ${status} ${reason}: because${
            status === 401 ? '; the token is missing, expired or not for this API server' : ''
          }`,
        );
      });
    }

    it('for want of a right names the rule to grant', async () => {
      const message =
        'widgets.shop.example.com is forbidden: User "system:serviceaccount:argo:plugin" cannot create resource ' +
        '"widgets" in API group "shop.example.com" in the namespace "shop"';
      const error = await refusal(
        (_request, response) => refuse(response, 403, 'Forbidden', message),
        create,
      );
      expect(error.message).to.equal(
        `create widgets.shop.example.com shop/a: 403 Forbidden: ${message}; ` +
          'grant `create widgets.shop.example.com` to this account',
      );
    });

    it('names the subresource in the rule to grant', async () => {
      const error = await refusal(
        (_request, response) =>
          refuse(response, 403, 'Forbidden', 'User "x" cannot patch resource "widgets/status"'),
        (api) =>
          api.patch({ namespace: 'shop', name: 'a' }, { status: { ready: true } }, { subresource: 'status' }),
      );
      expect(error.message).to.include('grant `patch widgets.shop.example.com/status`');
    });

    it('by a quota or by admission advises no grant', async () => {
      const error = await refusal(
        (_request, response) => refuse(response, 403, 'Forbidden', 'exceeded quota: objects'),
        create,
      );
      expect(error.message).to.include('exceeded quota').and.not.to.include('grant');
    });

    it('of the whole resource type tells that its definition is not installed', async () => {
      const error = await refusal((_request, response) => {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      }, create);
      expect(error).to.include({ code: 'API_NOT_FOUND', resourceTypeMissing: true });
      expect(error.message).to.include('install the CustomResourceDefinition widgets.shop.example.com');
    });

    it('of an object, or of its namespace, does not blame the resource type', async () => {
      const error = await refusal(
        (_request, response) =>
          refuse(response, 404, 'NotFound', 'namespaces "shop" not found', {
            name: 'shop',
            kind: 'namespaces',
          }),
        create,
      );
      expect(error).to.include({ code: 'API_NOT_FOUND', resourceTypeMissing: false });
    });

    it('carries its causes and how long to wait', async () => {
      const causes = [{ reason: 'FieldValueInvalid', message: 'too big', field: 'spec.size' }];
      const error = await refusal(
        (_request, response) =>
          json(
            response,
            429,
            { kind: 'Status', reason: 'TooManyRequests', message: 'm', details: { causes } },
            { 'retry-after': '7' },
          ),
        get,
      );
      expect(error.causes).to.deep.equal(causes);
      expect(error.retryAfterSeconds).to.equal(7);
    });

    it('never shows a body that is no Status, and only the head of a long message', async () => {
      const proxy = await refusal(
        (_request, response) => void response.writeHead(502).end('<b>secret</b>'),
        get,
      );
      expect(proxy).to.include({ code: 'API_THROTTLED', status: 502 });
      expect(proxy.message).not.to.include('secret');
      transport.close();
      await server.close();
      const long = await refusal(
        (_request, response) => refuse(response, 422, 'Invalid', `a\n${'b'.repeat(9000)}`),
        get,
      );
      expect(long.message.length).to.be.lessThan(1200);
      expect(long.message).not.to.include('\n');
    });
  });

  describe('no answer', () => {
    it('within the time limit is API_UNREACHABLE', async () => {
      const clock = new FakeClock();
      const asked = Promise.withResolvers<void>();
      const api = await client(() => asked.resolve(), { clock, timeoutMs: 5000 });
      const result = failureOf(api.get({ namespace: 'shop', name: 'a' }));
      await asked.promise;
      await clock.advance(5000);
      const error = await result;
      expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
      expect(error.message).to.equal('get widgets.shop.example.com shop/a: no answer within 5 s');
    });

    it('from a body that stalls is API_UNREACHABLE as well', async () => {
      const clock = new FakeClock();
      const asked = Promise.withResolvers<void>();
      const api = await client(
        (_request, response) => {
          response.writeHead(200).write('{"metadata":');
          asked.resolve();
        },
        { clock, timeoutMs: 5000 },
      );
      const result = failureOf(api.get({ namespace: 'shop', name: 'a' }));
      await asked.promise;
      await clock.advance(5000);
      expect(isCoded(await result, 'API_UNREACHABLE')).to.equal(true);
    });

    it('because the caller lost interest is ABORTED', async () => {
      const controller = new AbortController();
      const api = await client(() => controller.abort());
      const error = await failureOf(api.get({ namespace: 'shop', name: 'a' }, { signal: controller.signal }));
      expect(isCoded(error, 'ABORTED')).to.equal(true);
      expect(isCoded(await failureOf(api.list({ signal: controller.signal })), 'ABORTED')).to.equal(true);
      expect(server.seen.length).to.equal(1);
    });

    it('leaves no timer behind', async () => {
      const clock = new FakeClock();
      const api = await client((_request, response) => json(response, 200, widget('a')), { clock });
      await api.get({ namespace: 'shop', name: 'a' });
      expect(clock.pending).to.deep.equal([]);
    });
  });

  describe('watching', () => {
    it('gives the events in order, bookmarks among them, and ends with the stream', async () => {
      const api = await client((_request, response) => {
        response.writeHead(200);
        response.write(`${JSON.stringify({ type: 'ADDED', object: widget('a', '5') })}\n{"type":"BOOK`);
        response.write('MARK","object":{"kind":"Widget","metadata":{"resourceVersion":"6"}}}\n');
        response.end(`${JSON.stringify({ type: 'DELETED', object: widget('a', '7') })}\n`);
      });
      const events = await collect(
        api.watch({ namespace: 'shop', resourceVersion: '4', labelSelector: 'x=y', timeoutSeconds: 60 }),
      );
      expect(events).to.deep.equal([
        { type: 'ADDED', object: widget('a', '5') },
        { type: 'BOOKMARK', object: { metadata: { resourceVersion: '6' } } },
        { type: 'DELETED', object: widget('a', '7') },
      ]);
      expect(server.seen[0]?.query).to.deep.equal({
        watch: 'true',
        labelSelector: 'x=y',
        allowWatchBookmarks: 'true',
        timeoutSeconds: '60',
        resourceVersion: '4',
      });
    });

    it('throws an ERROR event as the refusal it is', async () => {
      const api = await client((_request, response) => {
        const object = {
          kind: 'Status',
          code: 410,
          reason: 'Expired',
          message: 'too old resource version: 1 (9)',
        };
        response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      });
      const error = await failureOf(collect(api.watch({ resourceVersion: '1' })));
      expect(isCoded(error, 'API_EXPIRED')).to.equal(true);
      expect(error.message).to.equal(
        'watch widgets.shop.example.com in all namespaces: 410 Expired: too old resource version: 1 (9)',
      );
    });

    for (const line of [
      '[]',
      '{"type":"ADDED"}',
      '{"type":"NEW","object":{"metadata":{}}}',
      '{"type":"BOOKMARK","object":{}}',
    ]) {
      it(`refuses the line ${line}`, async () => {
        const api = await client((_request, response) => void response.end(`${line}\n`));
        expect(isCoded(await failureOf(collect(api.watch())), 'API_UNEXPECTED')).to.equal(true);
      });
    }

    it('closes its connection when the loop is left', async () => {
      const closed = Promise.withResolvers<void>();
      const api = await client((_request, response) => {
        response.on('close', closed.resolve);
        response.write(`${JSON.stringify({ type: 'ADDED', object: widget('a') })}\n`);
      });
      for await (const event of api.watch()) {
        expect(event.type).to.equal('ADDED');
        break;
      }
      await closed.promise;
    });

    it('ends at once with ABORTED when its signal fires', async () => {
      const controller = new AbortController();
      const api = await client((_request, response) => response.flushHeaders());
      const options = { signal: controller.signal, onOpen: () => controller.abort() };
      expect(isCoded(await failureOf(collect(api.watch(options))), 'ABORTED')).to.equal(true);
    });

    it('is given up when the server forgets to end it', async () => {
      const clock = new FakeClock();
      const opened = Promise.withResolvers<void>();
      const api = await client((_request, response) => response.flushHeaders(), { clock });
      const result = failureOf(collect(api.watch({ timeoutSeconds: 10, onOpen: opened.resolve })));
      await opened.promise;
      await clock.advance(25_000);
      expect(isCoded(await result, 'API_UNREACHABLE')).to.equal(true);
    });

    it('tells a connection that breaks', async () => {
      const api = await client((_request, response) => {
        response.write(`${JSON.stringify({ type: 'ADDED', object: widget('a') })}\n`, () =>
          response.destroy(),
        );
      });
      const error = await failureOf(collect(api.watch()));
      expect(error).to.be.instanceOf(CodedError);
      expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
    });
  });
});
