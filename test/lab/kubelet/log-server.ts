import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { LogFaults } from './log-faults.ts';
import { type LogOptions, readLog } from './log-reader.ts';
import { formatNanoseconds, normalizeNanoseconds } from './nanosecond-clock.ts';
import type { ContainerStatus } from './pod.ts';
import type { PodWorker } from './pod-worker.ts';
import { resourceMetrics } from './resource-metrics.ts';

/** An answer of the kubelet that is not a log. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The pods of this node. */
export type Pods = () => Iterable<PodWorker>;

/**
 * Serves `GET /containerLogs/NAMESPACE/POD/CONTAINER`, `/metrics/cadvisor` and `/healthz` with the kubelet's own words for
 * what it refuses.
 */
export function kubeletHandler(pods: Pods, faults: LogFaults, now: () => Date): RequestListener {
  return (request, response) => {
    response.on('error', () => {});
    serve(request, response, pods, faults, now).catch((error: unknown) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const code = error instanceof Refusal ? error.code : 500;
      response
        .writeHead(code, { 'Content-Type': 'text/plain' })
        .end(error instanceof Error ? error.message : String(error));
    });
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  pods: Pods,
  faults: LogFaults,
  now: () => Date,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://kubelet');
  const [route, namespace = '', pod = '', container = ''] = url.pathname
    .split('/')
    .slice(1)
    .map(decodeURIComponent);
  if (route === 'healthz') {
    response.end('ok');
    return;
  }
  if (url.pathname === '/metrics/cadvisor') {
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end(await resourceMetrics(pods()));
    return;
  }
  if (route !== 'containerLogs') throw new Refusal(404, '404 page not found');
  const fault = faults.find({ namespace, pod, container });
  if (fault !== undefined && 'hang' in fault) return;
  if (fault !== undefined && 'status' in fault) throw new Refusal(fault.status, fault.text);
  const options = logOptions(url.searchParams, now());
  const worker = findPod(pods(), namespace, pod);
  if (worker === undefined) throw new Refusal(404, `pod "${pod}" does not exist`);
  const runner = worker.container(container);
  if (runner === undefined) throw new Refusal(404, `container "${container}" not found in pod "${pod}"`);
  const previous = url.searchParams.get('previous') === 'true';
  assertAvailable(pod, runner.status(), previous);
  const log = worker.log(container, previous);
  if (log === undefined) throw new Refusal(400, `container "${container}" in pod "${pod}" is not available`);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' });
  response.flushHeaders();
  let left = fault === undefined ? Number.POSITIVE_INFINITY : fault.cutAfterBytes;
  for await (const chunk of readLog(log, options, gone.signal)) {
    const sent = chunk.subarray(0, Math.min(chunk.length, left));
    left -= sent.length;
    if (!response.write(sent)) await drained(response, gone.signal);
    if (left <= 0 && fault !== undefined) {
      response.destroy();
      return;
    }
  }
  response.end();
}

/** The pod of that name among those of a node. */
export function findPod(pods: Iterable<PodWorker>, namespace: string, name: string): PodWorker | undefined {
  for (const worker of pods) {
    const { metadata } = worker.pod;
    if (metadata.namespace === namespace && metadata.name === name) return worker;
  }
  return undefined;
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (gone.aborted) resolve();
  response.once('drain', resolve);
  gone.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

/** kubelet, `validateContainerLogStatus`. */
function assertAvailable(pod: string, { name, state, lastState }: ContainerStatus, previous: boolean): void {
  if (previous) {
    if (lastState.terminated !== undefined) return;
    throw new Refusal(400, `previous terminated container "${name}" in pod "${pod}" not found`);
  }
  if (!('waiting' in state) || lastState.terminated !== undefined) return;
  const reasons: Readonly<Record<string, string>> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  };
  const { reason } = state.waiting;
  throw new Refusal(
    400,
    `container "${name}" in pod "${pod}" is waiting to start: ${reasons[reason] ?? reason}`,
  );
}

function logOptions(query: URLSearchParams, now: Date): LogOptions {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new Refusal(400, `{"message": "Invalid request."}`);
    return value;
  };
  const tailLines = number('tailLines');
  const limitBytes = number('limitBytes');
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const since =
    sinceSeconds === undefined
      ? sinceTime === null
        ? undefined
        : normalizeNanoseconds(sinceTime)
      : formatNanoseconds((BigInt(now.getTime()) - BigInt(sinceSeconds) * 1000n) * 1_000_000n);
  if (sinceTime !== null && since === undefined) throw new Refusal(400, `{"message": "Invalid request."}`);
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { since }),
  };
}
