/** One HTTP request to a Kubernetes API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path without query, already percent-encoded, e.g. `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Content type of `body`; `application/json` when absent (a merge patch names its own). */
  readonly contentType?: string;
  /** Ends the request and the body stream at once. */
  readonly signal?: AbortSignal;
}

/** The answer's head at once, its body as it arrives; whoever takes it must read the body to its end or cancel it. */
export interface ApiResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Breaking out of the loop ends the connection's use for this request. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * What the typed client needs of HTTP: who connects, authenticates and trusts is the transport's affair.
 * `request` rejects with a {@link CodedError} `API_UNREACHABLE` when there is no answer, `ABORTED` when the signal fired;
 * every HTTP status is an answer.
 */
export interface Transport {
  request(request: ApiRequest): Promise<ApiResponse>;
}
