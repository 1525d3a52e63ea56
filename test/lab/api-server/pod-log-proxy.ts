import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isObject, type KubeObject } from '../kubernetes.ts';
import { ApiError, badRequest, internalError, invalid, type StatusCause } from './status.ts';

/** Where a pod's log is read: the kubelet's URL, or undefined while the pod is on no node (the log is then empty). */
export type LogLocation = URL | undefined;

const MAX_ERROR_BODY = 50 * 1024;

/**
 * Translates `GET …/pods/POD/log` into the kubelet's `/containerLogs` (registry/core/pod, `LogLocation`): chooses the
 * only container, cuts `sinceTime` to whole seconds, leaves enforcing the limits to the kubelet.
 * Throws 400 for a container that is ambiguous or unknown, 422 for options out of range, 404 for a node that is gone.
 */
export function logLocation(
  pod: KubeObject,
  query: URLSearchParams,
  node: (name: string) => KubeObject | undefined,
): LogLocation {
  assertOptions(query);
  const container = containerName(pod, query.get('container') ?? '');
  const nodeName = pod.spec?.['nodeName'];
  if (typeof nodeName !== 'string' || nodeName === '') return undefined;
  const host = node(nodeName);
  if (host === undefined) {
    throw new ApiError(404, 'NotFound', `nodes "${nodeName}" not found`, { name: nodeName, kind: 'nodes' });
  }
  const { metadata } = pod;
  const url = new URL(
    `https://${addressOf(host)}/containerLogs/${metadata.namespace}/${metadata.name}/${container}`,
  );
  for (const flag of ['follow', 'previous', 'timestamps']) {
    if (isTrue(query.get(flag))) url.searchParams.set(flag, 'true');
  }
  for (const number of ['limitBytes', 'sinceSeconds', 'tailLines']) {
    const value = query.get(number);
    if (value !== null) url.searchParams.set(number, value);
  }
  const sinceTime = query.get('sinceTime');
  if (sinceTime !== null)
    url.searchParams.set('sinceTime', `${new Date(sinceTime).toISOString().slice(0, 19)}Z`);
  return url;
}

/**
 * Opens the log at a kubelet, whose certificate is not verified (as without `--kubelet-certificate-authority`). Waits as
 * long as the kubelet does. Throws what the kubelet refuses as the Status that kube-apiserver makes of it.
 */
export async function openLog(url: URL, podName: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const call = request(url, { rejectUnauthorized: false, agent: false, signal }, resolve);
  call.on('error', (error: NodeJS.ErrnoException) => {
    const text =
      error.code === 'ECONNREFUSED' ? `dial tcp ${url.host}: connect: connection refused` : error.message;
    reject(new ApiError(500, '', `Get "${url.href}": ${text}`));
  });
  call.end();
  const response = await promise;
  const code = response.statusCode ?? 500;
  if (code >= 200 && code <= 206) return response;
  throw refusal(code, await errorText(response), podName);
}

function refusal(code: number, text: string, podName: string): ApiError {
  if (code === 500) return internalError(text);
  if (code === 400) return badRequest(text);
  const [reason, message] = GENERIC[code] ?? [
    '',
    `the server responded with the status code ${code} but did not return more information`,
  ];
  const shown = code === 403 ? text : message;
  return new ApiError(code, reason, `${shown} ( pods/log ${podName})`, {
    name: podName,
    kind: 'pods/log',
  });
}

const GENERIC: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', ''],
  404: ['NotFound', 'the server could not find the requested resource'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
};

async function errorText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BODY).toString().trimEnd();
}

function assertOptions(query: URLSearchParams): void {
  const causes: StatusCause[] = [];
  const atLeast = (name: string, minimum: number, words: string): void => {
    const value = query.get(name);
    if (value === null || Number(value) >= minimum) return;
    causes.push({ reason: 'FieldValueInvalid', field: name, message: `Invalid value: ${value}: ${words}` });
  };
  atLeast('tailLines', 0, 'must be greater than or equal to 0');
  atLeast('limitBytes', 1, 'must be greater than 0');
  atLeast('sinceSeconds', 1, 'must be greater than 0');
  if (query.has('sinceSeconds') && query.has('sinceTime')) {
    const message = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
    causes.push({ reason: 'FieldValueForbidden', field: '', message });
  }
  const sinceTime = query.get('sinceTime');
  if (sinceTime !== null && Number.isNaN(Date.parse(sinceTime))) {
    throw badRequest(
      `parsing time "${sinceTime}" as "2006-01-02T15:04:05Z07:00": cannot parse "${sinceTime}" as "2006"`,
    );
  }
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, '', causes);
}

function containerName(pod: KubeObject, asked: string): string {
  const names = ['initContainers', 'containers', 'ephemeralContainers'].map((list) =>
    namesIn(pod.spec?.[list]),
  );
  const [init = [], main = []] = names;
  const podName = pod.metadata.name;
  if (asked !== '') {
    if (names.flat().includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${podName}`);
  }
  const [only] = main;
  if (names.flat().length === 1 && only !== undefined) return only;
  const others = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${main.join(' ')}]${others}`,
  );
}

function namesIn(containers: unknown): string[] {
  return Array.isArray(containers)
    ? containers.filter(isObject).map((container) => String(container['name']))
    : [];
}

function addressOf(node: KubeObject): string {
  const addresses = Array.isArray(node.status?.['addresses'])
    ? node.status['addresses'].filter(isObject)
    : [];
  const internal = addresses.find((address) => address['type'] === 'InternalIP');
  const endpoints = node.status?.['daemonEndpoints'];
  const kubelet = isObject(endpoints) ? endpoints['kubeletEndpoint'] : undefined;
  const port = isObject(kubelet) ? kubelet['Port'] : undefined;
  if (internal === undefined) {
    throw internalError(`no preferred addresses found; known addresses: ${JSON.stringify(addresses)}`);
  }
  return `${internal['address']}:${port ?? 10250}`;
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}
