import {
  type ApiServerOptions,
  type EmbeddedApiServer,
  startApiServer,
} from '../../lab/api-server/api-server.ts';
import type { JsonObject, KubeObject, WatchEvent } from '../../lab/kubernetes.ts';
import { LabApiError, LabClient } from '../../lab/lab-client.ts';

/** A server with an administrator's client. */
export interface TestServer {
  readonly server: EmbeddedApiServer;
  readonly client: LabClient;
  clientFor(user: string): LabClient;
  stop(): Promise<void>;
}

/** Starts an API server for one test; plain HTTP unless asked otherwise. */
export async function testServer(options: ApiServerOptions = { tls: false }): Promise<TestServer> {
  const server = await startApiServer(options);
  const trust = server.ca === undefined ? {} : { ca: server.ca };
  const clients: LabClient[] = [];
  const clientFor = (user: string): LabClient => {
    const client = new LabClient({ url: server.url, token: server.access.tokenFor(user), ...trust });
    clients.push(client);
    return client;
  };
  return {
    server,
    client: clientFor('system:admin'),
    clientFor,
    stop: async () => {
      await server.stop();
      for (const client of clients) client.close();
    },
  };
}

/** The answer of 400 or above that a request ends with; fails when it succeeds. */
export async function refusalOf(request: Promise<unknown>): Promise<LabApiError> {
  const outcome = await request.catch((error: unknown) => error);
  if (outcome instanceof LabApiError) return outcome;
  throw new Error(
    `expected a refusal, got ${outcome instanceof Error ? outcome.stack : JSON.stringify(outcome)}`,
  );
}

/** Takes events one by one from a watch. */
export class EventReader {
  readonly #events: AsyncGenerator<WatchEvent>;

  constructor(events: AsyncGenerator<WatchEvent>) {
    this.#events = events;
  }

  async next(): Promise<WatchEvent> {
    const { value, done } = await this.#events.next();
    if (done) throw new Error('the watch has ended');
    return value;
  }

  /** Skips to the first event for which the condition holds. */
  async until(condition: (event: WatchEvent) => boolean): Promise<WatchEvent> {
    for (;;) {
      const event = await this.next();
      if (condition(event)) return event;
    }
  }

  /** Whether the watch is over. */
  async ended(): Promise<boolean> {
    return (await this.#events.next()).done === true;
  }

  async close(): Promise<void> {
    await this.#events.return(undefined);
  }
}

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
export const PODS = '/api/v1/namespaces/default/pods';
export const WIDGETS = '/apis/example.test/v1/namespaces/default/widgets';
export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export function configMap(
  name: string,
  labels: Record<string, string> = {},
  data: Record<string, string> = {},
): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
}

/** A pod whose only container is `main`. */
export function pod(name: string, container: JsonObject, spec: JsonObject = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 5, ...spec, containers: [{ name: 'main', ...container }] },
  };
}

/** A custom resource definition with a status subresource, columns, and rules of every sort that is tested. */
export function widgetDefinition(): KubeObject {
  const spec = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', minimum: 1, maximum: 10 },
      colour: { type: 'string', enum: ['red', 'green'], maxLength: 5 },
      owner: { type: 'string', pattern: '^[a-z]+$' },
      stopped: { type: 'boolean' },
      parts: {
        type: 'array',
        maxItems: 2,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, weight: { type: 'integer' } },
        },
      },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
    },
    'x-kubernetes-validations': [
      { rule: 'self.size == oldSelf.size', message: 'size is immutable' },
      {
        rule: '!(has(oldSelf.stopped) && oldSelf.stopped) || (has(self.stopped) && self.stopped)',
        message: 'stopped is one way',
      },
      {
        rule: "!has(self.colour) || self.colour != 'red' || self.size < 5",
        messageExpression: "'red is at most 4, not ' + string(self.size)",
      },
    ],
  };
  const status = {
    type: 'object',
    properties: { verdict: { type: 'string' }, note: { type: 'string' } },
    'x-kubernetes-validations': [
      {
        rule: '!has(oldSelf.verdict) || (has(self.verdict) && self.verdict == oldSelf.verdict)',
        message: 'a verdict stands',
      },
    ],
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.test' },
    spec: {
      group: 'example.test',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets', singular: 'widget', shortNames: ['wi'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Verdict', type: 'string', jsonPath: '.status.verdict' },
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
            { name: 'Note', type: 'string', jsonPath: '.status.note', priority: 1 },
          ],
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
        },
      ],
    },
  };
}

export function widget(name: string, spec: JsonObject, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'example.test/v1', kind: 'Widget', metadata: { name, labels }, spec };
}
