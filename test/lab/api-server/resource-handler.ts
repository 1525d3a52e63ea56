import { isObject, type JsonObject, type KubeObject } from '../kubernetes.ts';
import type { AccessControl } from './access.ts';
import { orphanDependents } from './garbage-collector.ts';
import { type Answer, contentType, type HttpCall, readBody, readObject } from './http-call.ts';
import type { DeleteOptions } from './object-deletion.ts';
import { patchObject } from './object-patcher.ts';
import { inVersion, listObjects, type Scope, scopeSelector } from './object-reader.ts';
import { keyOf, type ObjectRef, type ObjectWriter, type WriteOptions } from './object-writer.ts';
import { logLocation, openLog } from './pod-log-proxy.ts';
import type { ResourceRequest } from './request-info.ts';
import { collectionOf, type ResourceType } from './resource-type.ts';
import { Formatter } from './response-format.ts';
import { conflict, methodNotAllowed, noSuchResource, notFound, success } from './status.ts';
import type { ObjectStore } from './store.ts';
import { serveWatch } from './watch-response.ts';

/** What the handler of resource requests works on. */
export interface HandlerContext {
  readonly store: ObjectStore;
  readonly writer: ObjectWriter;
  readonly access: AccessControl;
  readonly now: () => Date;
  readonly bookmarkIntervalMs: number;
}

interface Exchange {
  readonly type: ResourceType;
  readonly info: ResourceRequest;
  readonly call: HttpCall;
  readonly ref: ObjectRef;
  readonly scope: Scope;
  readonly format: Formatter;
  readonly options: WriteOptions;
  readonly warnings: string[];
}

/** Answers requests for one resource type; undefined when the answer was streamed. Throws {@link ApiError}. */
export class ResourceHandler {
  readonly #context: HandlerContext;

  constructor(context: HandlerContext) {
    this.#context = context;
  }

  async handle(type: ResourceType, info: ResourceRequest, call: HttpCall): Promise<Answer | undefined> {
    const exchange = this.#exchange(type, info, call);
    switch (info.subresource) {
      case '':
        return this.#main(exchange);
      case 'status':
        if (!type.statusSubresource) throw noSuchResource();
        return this.#status(exchange);
      default:
        if (!type.subresources.includes(info.subresource)) throw noSuchResource();
        return this.#special(exchange);
    }
  }

  #exchange(type: ResourceType, info: ResourceRequest, call: HttpCall): Exchange {
    const query = call.url.searchParams;
    const warnings: string[] = [];
    const fieldValidation = query.get('fieldValidation');
    const selectors = {
      ...(query.get('labelSelector') ? { labelSelector: query.get('labelSelector') ?? '' } : {}),
      ...(query.get('fieldSelector') ? { fieldSelector: query.get('fieldSelector') ?? '' } : {}),
    };
    const isObjectPath = call.url.pathname.endsWith(`/${encodeURIComponent(info.name)}`);
    return {
      type,
      info,
      call,
      ref: { type, namespace: info.namespace, name: info.name },
      scope: {
        type,
        namespace: info.namespace,
        ...selectors,
        ...(info.verb === 'watch' && info.name !== '' && isObjectPath ? { name: info.name } : {}),
      },
      format: new Formatter(type, call.request.headers.accept, query, this.#context.now),
      options: {
        dryRun: query.get('dryRun') === 'All',
        fieldValidation:
          fieldValidation === 'Strict' || fieldValidation === 'Ignore' ? fieldValidation : 'Warn',
        warn: (text) => warnings.push(text),
      },
      warnings,
    };
  }

  async #main(exchange: Exchange): Promise<Answer | undefined> {
    const { type, info, call, ref, scope, format, options, warnings } = exchange;
    const { store, writer } = this.#context;
    const query = call.url.searchParams;
    switch (info.verb) {
      case 'get':
        return { code: 200, body: format.object(this.#get(ref)) };
      case 'list': {
        const limit = Number(query.get('limit') ?? 0);
        const page = {
          ...(limit > 0 ? { limit } : {}),
          ...(query.get('continue') ? { continueToken: query.get('continue') ?? '' } : {}),
          ...(query.get('resourceVersion') ? { resourceVersion: query.get('resourceVersion') ?? '' } : {}),
        };
        return { code: 200, body: format.list(listObjects(store, scope, page)) };
      }
      case 'watch':
        serveWatch(store, scope, format, call, this.#context.bookmarkIntervalMs);
        return undefined;
      case 'create': {
        if (info.name !== '') throw methodNotAllowed();
        const created = writer.create(type, info.namespace, await readObject(call.request), options);
        return { code: 201, body: format.object(created), warnings };
      }
      case 'update': {
        const updated = writer.update(ref, await readObject(call.request), '', options);
        return { code: 200, body: format.object(updated), warnings };
      }
      case 'patch':
        return this.#patch(exchange, '');
      case 'delete':
        return this.#delete(exchange, await deleteOptions(call, options));
      case 'deletecollection': {
        const wanted = await deleteOptions(call, options);
        const matches = scopeSelector(scope);
        const items = store.list(collectionOf(type)).flatMap(([, object]) => {
          if (!matches(object)) return [];
          const { name, namespace = '' } = object.metadata;
          return [writer.delete({ type, namespace, name }, wanted).object];
        });
        const list = listObjects(store, { type, namespace: info.namespace }, {});
        return { code: 200, body: { ...list, items } };
      }
      default:
        throw methodNotAllowed();
    }
  }

  async #status(exchange: Exchange): Promise<Answer> {
    const { info, call, ref, format, options, warnings } = exchange;
    if (info.verb === 'get') return { code: 200, body: format.object(this.#get(ref)) };
    if (info.verb === 'patch') return this.#patch(exchange, 'status');
    if (info.verb !== 'update') throw methodNotAllowed();
    const updated = this.#context.writer.update(ref, await readObject(call.request), 'status', options);
    return { code: 200, body: format.object(updated), warnings };
  }

  async #patch(exchange: Exchange, subresource: '' | 'status'): Promise<Answer> {
    const { call, ref, format, options, warnings } = exchange;
    const patch = {
      contentType: contentType(call.request),
      body: await readBody(call.request),
      fieldManager: call.url.searchParams.get('fieldManager') ?? '',
      subresource,
    };
    const { object, created } = patchObject(this.#context.store, this.#context.writer, ref, patch, options);
    return { code: created ? 201 : 200, body: format.object(object), warnings };
  }

  #delete(exchange: Exchange, wanted: DeleteOptions & { readonly orphan: boolean }): Answer {
    const { type, ref } = exchange;
    const { store, writer } = this.#context;
    if (wanted.orphan && !wanted.dryRun) orphanDependents(store, this.#get(ref));
    const { object, gone } = writer.delete(ref, wanted);
    if (!gone || type.kind === 'Pod') return { code: 200, body: inVersion(type, object) };
    const { name, uid = '' } = object.metadata;
    return {
      code: 200,
      body: success({ name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural, uid }),
    };
  }

  async #special(exchange: Exchange): Promise<Answer | undefined> {
    const { info, call, ref } = exchange;
    if (info.subresource === 'log' && info.verb === 'get') return this.#log(exchange);
    if (info.verb !== 'create') throw methodNotAllowed();
    const body = await readObject(call.request);
    const fields = isObject(body) ? body : {};
    return info.subresource === 'binding' ? this.#bind(ref, fields) : this.#token(ref, fields);
  }

  async #log({ call, ref }: Exchange): Promise<Answer | undefined> {
    const nodes = (name: string) => this.#context.store.get('/nodes', `/${name}`);
    const location = logLocation(this.#get(ref), call.url.searchParams, nodes);
    if (location === undefined) return { code: 200, body: '' };
    const log = await openLog(location, ref.name, call.signal);
    call.response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
    call.response.flushHeaders();
    log.on('error', () => call.response.destroy());
    log.pipe(call.response);
    return undefined;
  }

  #bind(ref: ObjectRef, binding: JsonObject): Answer {
    const pod = this.#get(ref);
    const target = isObject(binding['target']) ? String(binding['target']['name']) : '';
    if (pod.spec?.['nodeName'] !== undefined) {
      throw conflict(
        ref.type,
        ref.name,
        `pod ${ref.name} is already assigned to node "${pod.spec['nodeName']}"`,
      );
    }
    const at = this.#context
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: at };
    this.#context.store.put(collectionOf(ref.type), keyOf(ref), {
      ...pod,
      spec: { ...pod.spec, nodeName: target },
      status: { ...pod.status, conditions: [scheduled] },
    });
    return { code: 201, body: { ...success(), code: 201 } };
  }

  #token(ref: ObjectRef, request: JsonObject): Answer {
    this.#get(ref);
    const user = `system:serviceaccount:${ref.namespace}:${ref.name}`;
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${ref.namespace}`];
    const expirationTimestamp = new Date(this.#context.now().getTime() + 3_600_000)
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    const status = { token: this.#context.access.tokenFor(user, groups), expirationTimestamp };
    return {
      code: 201,
      body: { ...request, kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', status },
    };
  }

  #get(ref: ObjectRef): KubeObject {
    const object = this.#context.store.get(collectionOf(ref.type), keyOf(ref));
    if (object === undefined) throw notFound(ref.type, ref.name);
    return inVersion(ref.type, object);
  }
}

async function deleteOptions(
  call: HttpCall,
  options: WriteOptions,
): Promise<DeleteOptions & { orphan: boolean }> {
  const body = await readObject(call.request);
  const given: JsonObject = isObject(body) ? body : {};
  const query = call.url.searchParams;
  const grace = query.get('gracePeriodSeconds') ?? given['gracePeriodSeconds'];
  const preconditions = given['preconditions'];
  return {
    dryRun: options.dryRun === true || (Array.isArray(given['dryRun']) && given['dryRun'].includes('All')),
    orphan:
      (query.get('propagationPolicy') ?? given['propagationPolicy']) === 'Orphan' ||
      given['orphanDependents'] === true,
    ...(grace === undefined || grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(isObject(preconditions) ? { preconditions } : {}),
  };
}
