import { type HttpDouble, startHttpDouble } from './http-double.ts';

/** Prometheus' HTTP API, as far as Argo Rollouts uses it: an instant query is answered with a vector of one sample. */
export interface PrometheusDouble {
  readonly url: string;
  /** Every query that was asked, in order. */
  readonly queries: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a double. `sampleOf` gives the sample of a query; undefined is an empty vector, as where no series matches.
 * The client posts a form, and would repeat it as GET where that is not allowed
 * (prometheus/client_golang, api/prometheus/v1: `DoGetFallback`).
 */
export async function startPrometheusDouble(
  sampleOf: (query: string) => number | undefined,
): Promise<PrometheusDouble> {
  const queries: string[] = [];
  const http: HttpDouble = await startHttpDouble(({ method, path, query, body }) => {
    if (path !== '/api/v1/query') return { status: 404, body: { status: 'error', error: 'not found' } };
    const asked = (method === 'POST' ? new URLSearchParams(body) : query).get('query') ?? '';
    queries.push(asked);
    const value = sampleOf(asked);
    const result = value === undefined ? [] : [{ metric: {}, value: [Date.now() / 1000, String(value)] }];
    return { body: { status: 'success', data: { resultType: 'vector', result } } };
  });
  return { url: http.url, queries, close: () => http.close() };
}
