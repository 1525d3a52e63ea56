import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../crds/client/clock.ts';
import type { MergePatch } from '../../crds/client/kubernetes-object.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import { retry } from '../../crds/client/retry.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import { trimStatus } from './status.ts';

/** What a step makes of the status as it is; undefined leaves it. */
export type StatusChange = (current: CanaryAnalysis) => CanaryAnalysisStatus | undefined;

/** What the writer needs of the API server. */
export type StatusClient = Pick<ResourceClient<CanaryAnalysis>, 'get' | 'patch'>;

/** How long a write is tried while the API server does not answer, milliseconds. */
const WRITE_BUDGET_MS = 60_000;
const MAX_CONFLICTS = 20;

/** The one place where the status of an analysis is written. */
export class StatusWriter {
  readonly #client: StatusClient;
  readonly #clock: Clock;

  constructor(client: StatusClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Applies a change to the status, guarded by the resource version it was decided on: when the object has changed since,
   * it is read again and the change decided again. Returns the object as stored.
   * A change runs any number of times, so it must not act beyond its answer.
   * @throws CodedError `VERDICT_FINAL` when the change would replace a verdict, `API_NOT_FOUND` when the object, or the
   *   one of this UID, has gone; what the change itself throws.
   */
  async update(
    analysis: CanaryAnalysis,
    change: StatusChange,
    signal?: AbortSignal,
  ): Promise<CanaryAnalysis> {
    let current = analysis;
    for (let conflicts = 0; ; conflicts++) {
      const wanted = change(current);
      if (wanted === undefined) return current;
      const next = trimStatus(wanted);
      refuseSecondVerdict(current, next);
      const status = mergePatch(current.status ?? {}, next);
      if (status === undefined) return current;
      try {
        return await this.#patch(current, status, signal);
      } catch (error) {
        if (!isCoded(error, 'API_CONFLICT') || conflicts >= MAX_CONFLICTS) throw error;
        current = await this.#read(analysis, signal);
      }
    }
  }

  #patch(
    current: CanaryAnalysis,
    status: MergePatch<CanaryAnalysisStatus>,
    signal: AbortSignal | undefined,
  ): Promise<CanaryAnalysis> {
    const { namespace = '', name, uid = '', resourceVersion = '' } = current.metadata;
    return this.#try(signal, (attempt) =>
      this.#client.patch(
        { namespace, name },
        { metadata: { uid, resourceVersion }, status },
        { subresource: 'status', signal: attempt },
      ),
    );
  }

  async #read(analysis: CanaryAnalysis, signal: AbortSignal | undefined): Promise<CanaryAnalysis> {
    const { namespace = '', name, uid } = analysis.metadata;
    const fresh = await this.#try(signal, (attempt) =>
      this.#client.get({ namespace, name }, { signal: attempt }),
    );
    if (fresh.metadata.uid === uid) return fresh;
    throw new CodedError('API_NOT_FOUND', `CanaryAnalysis ${namespace}/${name} was deleted and created anew`);
  }

  #try<R>(signal: AbortSignal | undefined, action: (signal: AbortSignal) => Promise<R>): Promise<R> {
    return retry(action, {
      budgetMs: WRITE_BUDGET_MS,
      clock: this.#clock,
      retryable: (error) => isCoded(error, 'API_UNREACHABLE') || isCoded(error, 'API_THROTTLED'),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

function refuseSecondVerdict(current: CanaryAnalysis, next: CanaryAnalysisStatus): void {
  const { verdict, reason } = current.status ?? {};
  if (verdict === undefined || (verdict === next.verdict && reason === next.reason)) return;
  throw new CodedError(
    'VERDICT_FINAL',
    `CanaryAnalysis ${current.metadata.namespace}/${current.metadata.name} has its verdict ${verdict} already`,
  );
}

/**
 * The RFC 7386 patch that turns one status into another, by whole fields of the first level: one that changed is
 * replaced as a whole, one that is no longer there is removed. Undefined when nothing changed.
 */
export function mergePatch(
  before: CanaryAnalysisStatus,
  after: CanaryAnalysisStatus,
): MergePatch<CanaryAnalysisStatus> | undefined {
  const from: Readonly<Record<string, unknown>> = { ...before };
  const to: Readonly<Record<string, unknown>> = { ...after };
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (isDeepStrictEqual(from[key], to[key])) continue;
    patch[key] = to[key] === undefined ? null : replacement(from[key], to[key]);
  }
  return Object.keys(patch).length === 0 ? undefined : (patch as MergePatch<CanaryAnalysisStatus>);
}

/** Objects merge, so what an object no longer has must be taken away by name. */
function replacement(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after)) return after;
  const removed = Object.keys(before).filter((key) => after[key] === undefined);
  return {
    ...Object.fromEntries(
      Object.entries(after).map(([key, value]) => [key, replacement(before[key], value)]),
    ),
    ...Object.fromEntries(removed.map((key) => [key, null])),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
