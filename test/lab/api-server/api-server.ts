import { randomUUID } from 'node:crypto';
import { selfSignedCertificate } from '../certificate.ts';
import type { KubeObject } from '../kubernetes.ts';
import { AccessControl, type User } from './access.ts';
import { customResourceTypes, established } from './custom-resources.ts';
import { discover, SERVER_VERSION } from './discovery.ts';
import { type FaultAction, Faults } from './faults.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { type Answer, errorAnswer, type HttpCall, readObject, writeAnswer } from './http-call.ts';
import { HttpListener } from './http-listener.ts';
import { nameSuffix } from './names.ts';
import { ObjectWriter } from './object-writer.ts';
import { openapiDocument, openapiIndex } from './openapi.ts';
import { parseResourceRequest, type ResourceRequest } from './request-info.ts';
import { ResourceHandler } from './resource-handler.ts';
import { reviewAccess } from './self-subject-access-review.ts';
import { ApiError, noSuchResource } from './status.ts';
import { ObjectStore } from './store.ts';
import { TypeRegistry } from './type-registry.ts';

/** How the server is started. */
export interface ApiServerOptions {
  /** HTTPS with a certificate of its own (default), or plain HTTP. */
  readonly tls?: boolean;
  /** Default: the system's clock. */
  readonly now?: () => Date;
  /** How often a watch that allows them gets a bookmark; default one minute. */
  readonly bookmarkIntervalMs?: number;
}

/** One answered request, for tests that count them. */
export interface AuditEntry {
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** The HTTP status; 0 when the client got none. */
  readonly code: number;
}

/** A running API server that keeps everything in memory. */
export interface EmbeddedApiServer {
  readonly url: string;
  /** The certificate to trust, PEM; absent for plain HTTP. */
  readonly ca?: string;
  /** Tokens and refusals. */
  readonly access: AccessControl;
  readonly faults: Faults;
  /** The storage itself, for compaction and for looking without a request. */
  readonly store: ObjectStore;
  /** Calls back with each request to a resource once it is over (a watch: once it ended). */
  onRequest(listener: (entry: AuditEntry) => void): () => void;
  /** Drops every connection and refuses new ones, keeping its state and its port. */
  down(): Promise<void>;
  /** Serves again after {@link EmbeddedApiServer.down}. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an API server on a free port of 127.0.0.1 with the namespaces `default` and `kube-system`. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<EmbeddedApiServer> {
  const now = options.now ?? (() => new Date());
  const store = new ObjectStore();
  const types = new TypeRegistry();
  const access = new AccessControl();
  const faults = new Faults();
  const listeners = new Set<(entry: AuditEntry) => void>();
  const writer = new ObjectWriter(store, {
    now,
    uid: randomUUID,
    nameSuffix,
    admit: (type, object, old) =>
      type.kind === 'CustomResourceDefinition' ? admitDefinition(object, old, now()) : object,
  });
  const resources = new ResourceHandler({
    store,
    writer,
    access,
    now,
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
  });
  const stopServingDefinitions = serveDefinitions(store, types);
  const stopCollecting = startGarbageCollector(store, writer, types);
  createNamespaces(types, writer);

  const serve = async (call: Omit<HttpCall, 'user'>): Promise<void> => {
    const info = parseResourceRequest(call.method, call.url);
    let user: User = { name: '', groups: [] };
    const { response } = call;
    if (info !== undefined) {
      response.once('close', () => {
        const { group, namespace, name, verb } = info;
        const code = response.headersSent ? response.statusCode : 0;
        for (const listener of listeners) {
          listener({ user: user.name, verb, group, resource: resourceOf(info), namespace, name, code });
        }
      });
    }
    try {
      user = access.authenticate(call.request.headers.authorization);
      const action = await applyFault(faults, call, user, info);
      if (action === 'ended') return;
      const answer = await route({ ...call, user }, info);
      if (action === 'lose') call.response.destroy();
      else if (answer !== undefined) writeAnswer(response, answer);
    } catch (error) {
      writeAnswer(response, errorAnswer(error));
    }
  };

  const route = async (call: HttpCall, info: ResourceRequest | undefined): Promise<Answer | undefined> => {
    const { pathname } = call.url;
    if (info === undefined || (info.group !== '' && discover(pathname, types.all()) !== undefined)) {
      const body = unresourced(pathname, types);
      if (body === undefined) throw noSuchResource();
      return { code: 200, body };
    }
    if (info.group === 'authorization.k8s.io')
      return reviewAccess(access, call.user, info, await readObject(call.request));
    const { group, namespace, name, verb } = info;
    access.authorize({ user: call.user, verb, group, resource: resourceOf(info), namespace, name });
    const type = types.find(group, info.version, info.plural);
    if (type === undefined) throw noSuchResource();
    return resources.handle(type, info, call);
  };

  const certificate = options.tls === false ? undefined : selfSignedCertificate('embedded-api-server', now());
  const listener = new HttpListener(certificate, serve);
  await listener.open();
  return {
    url: listener.url,
    ...(certificate === undefined ? {} : { ca: certificate.cert }),
    access,
    faults,
    store,
    onRequest: (listen) => {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    down: () => listener.close(),
    up: () => listener.open(),
    stop: async () => {
      stopCollecting();
      stopServingDefinitions();
      await listener.close();
    },
  };
}

function resourceOf(info: ResourceRequest): string {
  return info.subresource === '' ? info.plural : `${info.plural}/${info.subresource}`;
}

function unresourced(path: string, types: TypeRegistry): unknown {
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok';
  if (path === '/version') return SERVER_VERSION;
  if (path === '/openapi/v3') return openapiIndex(types.all());
  if (path.startsWith('/openapi/v3/')) return openapiDocument(path.slice('/openapi/v3/'.length), types.all());
  if (path === '/openapi/v2')
    return { swagger: '2.0', info: { title: 'Kubernetes', version: 'embedded' }, paths: {}, definitions: {} };
  return discover(path, types.all());
}

async function applyFault(
  faults: Faults,
  call: Omit<HttpCall, 'user'>,
  user: User,
  info: ResourceRequest | undefined,
): Promise<'ended' | 'lose' | undefined> {
  const taken = faults.take({
    user: user.name,
    method: call.method,
    verb: info?.verb ?? '',
    resource: info === undefined ? '' : resourceOf(info),
    namespace: info?.namespace ?? '',
    name: info?.name ?? '',
  });
  if (taken === undefined) return undefined;
  const action: FaultAction = taken.action;
  if ('status' in action) {
    const seconds = action.retryAfterSeconds;
    if (seconds !== undefined) call.response.setHeader('Retry-After', String(seconds));
    throw new ApiError(
      action.status,
      FAULT_REASONS[action.status] ?? '',
      action.message ?? 'injected fault',
      seconds === undefined ? undefined : { retryAfterSeconds: seconds },
    );
  }
  if ('loseAnswer' in action) return 'lose';
  if ('reset' in action) {
    call.response.destroy();
    return 'ended';
  }
  if ('hang' in action) {
    taken.onRelease(() => call.response.destroy());
    return 'ended';
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, action.delayMs);
  call.signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  return undefined;
}

const FAULT_REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function admitDefinition(object: KubeObject, old: KubeObject | undefined, now: Date): KubeObject {
  customResourceTypes(object);
  return old?.status === undefined ? established(object, now) : object;
}

function serveDefinitions(store: ObjectStore, types: TypeRegistry): () => void {
  return store.subscribe(({ collection, type, object }) => {
    if (collection !== 'apiextensions.k8s.io/customresourcedefinitions') return;
    const [plural = ''] = object.metadata.name.split('.');
    const group = object.metadata.name.slice(plural.length + 1);
    types.remove(group, plural);
    if (type !== 'DELETED') {
      for (const served of customResourceTypes(object)) types.add(served);
      return;
    }
    for (const [key] of store.list(`${group}/${plural}`)) store.remove(`${group}/${plural}`, key);
  });
}

function createNamespaces(types: TypeRegistry, writer: ObjectWriter): void {
  const type = types.find('', 'v1', 'namespaces');
  for (const name of ['default', 'kube-system']) {
    if (type !== undefined) writer.create(type, '', { metadata: { name } }, {});
  }
}
