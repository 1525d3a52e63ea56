import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ApiError } from '../../../../crds/client/api-error.ts';
import type { KubernetesObject } from '../../../../crds/client/kubernetes-object.ts';
import { Reflector, type ReflectorFailure } from '../../../../crds/client/reflector.ts';
import type { ResourceDefinition } from '../../../../crds/client/resource.ts';
import { ResourceClient } from '../../../../crds/client/resource-client.ts';
import { isCoded } from '../../../../crds/errors.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport, type KubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { ADMIN } from '../../../lab/api-server/access.ts';
import { type EmbeddedApiServer, startApiServer } from '../../../lab/api-server/api-server.ts';
import { failureOf } from '../../../support/promises.ts';

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

const configMaps: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
const widgets: ResourceDefinition = {
  group: 'shop.example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};
const definitions: ResourceDefinition = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const WATCHER = 'watcher';

describe('the typed client and the reflector on an API server over TLS', () => {
  let directory: string;
  let server: EmbeddedApiServer;
  let admin: KubeTransport;
  let watcher: KubeTransport;
  let maps: ResourceClient<ConfigMap>;
  let stop: AbortController;
  let running: Promise<void>;
  let log: string[];
  let failures: ReflectorFailure[];
  let told: (() => void)[];

  function tell(): void {
    for (const resolve of told.splice(0)) resolve();
  }

  /** Resolves as soon as something holds that handlers or failures bring about. */
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => void told.push(resolve));
  }

  function mirror<T extends KubernetesObject>(
    resource: ResourceDefinition,
    labelSelector?: string,
  ): Reflector<T> {
    const reflector = new Reflector<T>({
      client: new ResourceClient<T>(watcher, resource),
      ...(resource.namespaced ? { namespace: 'default' } : {}),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      pageSize: 2,
      initialBackoffMs: 5,
      maxBackoffMs: 20,
      onError: (failure) => {
        failures.push(failure);
        tell();
      },
    });
    const note = (what: string): void => {
      log.push(what);
      tell();
    };
    reflector.addHandler({
      added: ({ metadata }) => note(`added ${metadata.name}`),
      updated: ({ metadata }) => note(`updated ${metadata.name}`),
      deleted: ({ metadata }) => note(`deleted ${metadata.name} ${metadata.labels?.['stage'] ?? ''}`.trim()),
    });
    running = reflector.run(stop.signal);
    return reflector;
  }

  function create(name: string, stage?: string): Promise<ConfigMap> {
    const labels = stage === undefined ? {} : { labels: { stage } };
    return maps.create({ metadata: { name, namespace: 'default', ...labels } });
  }

  function transportFor(user: string): KubeTransport {
    const token = server.access.tokenFor(user);
    return createKubeTransport(
      loadKubeConfig({ server: server.url, token, caFile: join(directory, 'ca.crt') }, {}),
    );
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'reflector-'));
    server = await startApiServer();
    await writeFile(join(directory, 'ca.crt'), server.ca ?? '');
    [admin, watcher] = [transportFor(ADMIN), transportFor(WATCHER)];
    maps = new ResourceClient<ConfigMap>(admin, configMaps);
    stop = new AbortController();
    running = Promise.resolve();
    [log, failures, told] = [[], [], []];
  });

  afterEach(async () => {
    stop.abort();
    await running;
    admin.close();
    watcher.close();
    await server.stop();
    await rm(directory, { recursive: true });
  });

  it('trusts only the authority that it was given', async () => {
    const token = server.access.tokenFor(ADMIN);
    const distrustful = createKubeTransport(loadKubeConfig({ server: server.url, token }, {}));
    const error = await failureOf(distrustful.request({ method: 'GET', path: '/version' }));
    distrustful.close();
    expect(isCoded(error, 'API_UNREACHABLE')).to.equal(true);
    expect(error.message).to.match(/\((DEPTH_ZERO_)?SELF_SIGNED_CERT/);
  });

  it('lists page by page and follows creations, changes and deletions', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name);
    const reflector = mirror<ConfigMap>(configMaps);
    await reflector.waitForSync();
    expect(log).to.deep.equal(['added a', 'added b', 'added c', 'added d', 'added e']);
    await maps.patch({ namespace: 'default', name: 'a' }, { data: { key: 'value' } });
    await maps.delete({ namespace: 'default', name: 'b' });
    await create('f');
    await until(() => log.length === 8);
    expect(log.slice(5)).to.deep.equal(['updated a', 'deleted b', 'added f']);
    expect(reflector.get('default', 'a')?.data).to.deep.equal({ key: 'value' });
  });

  it('refuses a guarded patch of an object that has changed', async () => {
    const { metadata } = await create('a');
    const ref = { namespace: 'default', name: 'a' };
    const resourceVersion = metadata.resourceVersion ?? '';
    await maps.patch(ref, { metadata: { resourceVersion }, data: { first: 'yes' } });
    const error = await failureOf(maps.patch(ref, { metadata: { resourceVersion }, data: { second: 'no' } }));
    expect(isCoded(error, 'API_CONFLICT')).to.equal(true);
    expect((await maps.get(ref)).data).to.deep.equal({ first: 'yes' });
  });

  it('deletes no other object than the one of the UID given', async () => {
    const { metadata } = await create('a');
    const ref = { namespace: 'default', name: 'a' };
    expect(isCoded(await failureOf(maps.delete(ref, { uid: 'another' })), 'API_CONFLICT')).to.equal(true);
    await maps.delete(ref, { uid: metadata.uid ?? '' });
    const error = await failureOf(maps.get(ref));
    expect(error)
      .to.be.instanceOf(ApiError)
      .and.to.include({ code: 'API_NOT_FOUND', resourceTypeMissing: false });
  });

  it('tells an object that leaves the selector as deleted, with the labels that it had', async () => {
    await create('a', 'canary');
    await create('b', 'stable');
    const reflector = mirror<ConfigMap>(configMaps, 'stage=canary');
    await reflector.waitForSync();
    await maps.patch({ namespace: 'default', name: 'a' }, { metadata: { labels: { stage: 'stable' } } });
    await maps.patch({ namespace: 'default', name: 'b' }, { metadata: { labels: { stage: 'canary' } } });
    await until(() => log.length === 3);
    expect(log).to.deep.equal(['added a', 'deleted a canary', 'added b']);
  });

  it('resumes its watch after the server was away for a while, without a new list', async () => {
    await create('a');
    const verbs: string[] = [];
    server.onRequest(({ user, verb }) => {
      if (user === WATCHER) verbs.push(verb);
    });
    const reflector = mirror<ConfigMap>(configMaps);
    await reflector.waitForSync();
    await create('b');
    await until(() => log.length === 2);
    await server.down();
    await until(() => failures.length >= 3);
    expect(reflector.list().length).to.equal(2);
    await server.up();
    await create('c');
    await until(() => log.length === 3);
    expect(log).to.deep.equal(['added a', 'added b', 'added c']);
    expect(verbs.filter((verb) => verb === 'list').length).to.equal(1);
    expect(failures.every(({ error }) => isCoded(error, 'API_UNREACHABLE'))).to.equal(true);
  });

  it('finds by a new list what it missed when the history was compacted meanwhile', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    const reflector = mirror<ConfigMap>(configMaps);
    await reflector.waitForSync();
    const fault = server.faults.add({ user: WATCHER, verb: 'watch' }, { status: 503, message: 'overloaded' });
    await server.down();
    await server.up();
    await until(() => fault.hits > 0);
    await maps.delete({ namespace: 'default', name: 'a' });
    await maps.patch({ namespace: 'default', name: 'b' }, { data: { key: 'value' } });
    await create('d');
    server.store.compact();
    expect(log.length).to.equal(3);
    fault.remove();
    await until(() => log.length === 6);
    expect(log.slice(3)).to.deep.equal(['deleted a', 'updated b', 'added d']);
    await maps.delete({ namespace: 'default', name: 'd' });
    await until(() => log.length === 7);
  });

  it('begins as soon as a resource type that was not installed is', async () => {
    const reflector = mirror<KubernetesObject>(widgets);
    await until(() => failures.length > 0);
    expect(failures[0]?.error).to.be.instanceOf(ApiError).and.to.include({ resourceTypeMissing: true });
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.shop.example.com' },
      spec: {
        group: 'shop.example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    };
    await new ResourceClient<KubernetesObject>(admin, definitions).create(definition);
    await new ResourceClient<KubernetesObject>(admin, widgets).create({
      metadata: { name: 'w', namespace: 'default' },
    });
    await until(() => log.length === 1);
    expect(reflector.get('default', 'w')?.kind).to.equal('Widget');
  });

  it('begins as soon as the right that was missing is granted, having named it', async () => {
    await create('a');
    const grant = server.access.deny({ user: WATCHER, verb: 'list', resource: 'configmaps' });
    mirror<ConfigMap>(configMaps);
    await until(() => failures.length > 0);
    expect(String(failures[0]?.error)).to.include('grant `list configmaps` to this account');
    grant();
    await until(() => log.length === 1);
  });
});
