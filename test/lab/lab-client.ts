import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { isObject, type KubeList, type KubeObject, type WatchEvent } from './kubernetes.ts';

/** Where an API server is and who asks. */
export interface ApiEndpoint {
  readonly url: string;
  readonly token?: string;
  /** PEM of the certificate to trust. */
  readonly ca?: string;
}

/** An answer of 400 or above, with the Status that explains it. */
export class LabApiError extends Error {
  override readonly name = 'LabApiError';
  readonly code: number;
  readonly reason: string;
  /** The answer's body: a Status, or text where the server sent none. */
  readonly body: unknown;

  constructor(code: number, body: unknown, what: string) {
    const message = isObject(body) && typeof body['message'] === 'string' ? body['message'] : String(body);
    super(`${what}: ${code} ${message}`);
    this.code = code;
    this.reason = isObject(body) && typeof body['reason'] === 'string' ? body['reason'] : '';
    this.body = body;
  }
}

/** One request; `body` is sent as JSON. */
export interface LabRequest {
  readonly method?: string;
  /** Absolute, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** The least that the lab's own parts and its tests need of an API server; it shares no code with what the lab tests. */
export class LabClient {
  readonly #endpoint: ApiEndpoint;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(endpoint: ApiEndpoint) {
    this.#endpoint = endpoint;
    const isTls = endpoint.url.startsWith('https:');
    const trust = endpoint.ca === undefined ? {} : { ca: endpoint.ca };
    this.#agent = isTls ? new HttpsAgent({ keepAlive: true, ...trust }) : new HttpAgent({ keepAlive: true });
  }

  /** Breaks every connection, those of running requests too. */
  close(): void {
    this.#agent.destroy();
  }

  /** The answer as it comes, whatever its status. */
  async open({
    method = 'GET',
    path,
    body,
    contentType,
    accept,
    signal,
  }: LabRequest): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { token, url } = this.#endpoint;
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const call = send(
      new URL(path, url),
      {
        method,
        agent: this.#agent,
        headers: {
          Accept: accept ?? 'application/json',
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(payload === undefined
            ? {}
            : {
                'Content-Type': contentType ?? 'application/json',
                'Content-Length': Buffer.byteLength(payload),
              }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    call.on('error', reject);
    call.end(payload);
    return promise;
  }

  /** The body of a successful answer, parsed where it is JSON. Throws a {@link LabApiError}. */
  async request<T = KubeObject>(request: LabRequest): Promise<T> {
    const response = await this.open(request);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const isJson = (response.headers['content-type'] ?? '').includes('json');
    const body: unknown = isJson ? JSON.parse(text) : text;
    const code = response.statusCode ?? 0;
    if (code >= 400) throw new LabApiError(code, body, `${request.method ?? 'GET'} ${request.path}`);
    return body as T;
  }

  get<T = KubeObject>(path: string): Promise<T> {
    return this.request<T>({ path });
  }

  create(path: string, body: unknown): Promise<KubeObject> {
    return this.request({ method: 'POST', path, body });
  }

  update(path: string, body: unknown): Promise<KubeObject> {
    return this.request({ method: 'PUT', path, body });
  }

  /** A merge patch unless `kind` says otherwise. */
  patch(
    path: string,
    body: unknown,
    kind: 'merge' | 'strategic-merge' | 'json' = 'merge',
  ): Promise<KubeObject> {
    return this.request({ method: 'PATCH', path, body, contentType: `application/${kind}-patch+json` });
  }

  delete(path: string, options?: unknown): Promise<KubeObject> {
    return this.request({ method: 'DELETE', path, ...(options === undefined ? {} : { body: options }) });
  }

  list(path: string): Promise<KubeList> {
    return this.request<KubeList>({ path });
  }

  /** The events of one watch until it ends; `path` holds the query but `watch=true`. */
  async *watch(path: string, signal?: AbortSignal): AsyncGenerator<WatchEvent> {
    const watchPath = `${path}${path.includes('?') ? '&' : '?'}watch=true`;
    const response = await this.open({ path: watchPath, ...(signal === undefined ? {} : { signal }) });
    if ((response.statusCode ?? 0) >= 400) {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      throw new LabApiError(
        response.statusCode ?? 0,
        JSON.parse(Buffer.concat(chunks).toString()),
        `watch ${path}`,
      );
    }
    try {
      for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (line !== '') yield JSON.parse(line) as WatchEvent;
      }
    } finally {
      response.destroy();
    }
  }
}
