import { randomUUID } from 'node:crypto';
import { selfSignedCertificate } from '../certificate.ts';
import { AccessControl, type User } from './access.ts';
import { admitDefinition, serveDefinitions } from './definitions.ts';
import { answerPath, discover } from './discovery.ts';
import { applyFault } from './fault-injection.ts';
import { Faults } from './faults.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { type Answer, errorAnswer, type HttpCall, readObject, writeAnswer } from './http-call.ts';
import { HttpListener } from './http-listener.ts';
import { nameSuffix } from './names.ts';
import { ObjectWriter } from './object-writer.ts';
import { parseResourceRequest, type ResourceRequest, resourceOf } from './request-info.ts';
import { ResourceHandler } from './resource-handler.ts';
import { reviewAccess } from './self-subject-access-review.ts';
import { noSuchResource } from './status.ts';
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
      const body = answerPath(pathname, types.all());
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

function createNamespaces(types: TypeRegistry, writer: ObjectWriter): void {
  const type = types.find('', 'v1', 'namespaces');
  for (const name of ['default', 'kube-system']) {
    if (type !== undefined) writer.create(type, '', { metadata: { name } }, {});
  }
}
