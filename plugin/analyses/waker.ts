import type { CancelTimer, Clock } from '../../crds/client/clock.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import { isCoded } from '../../crds/errors.ts';
import { ANNOTATION_WAKE } from '../../crds/v1alpha1/labels.ts';
import type { Logger } from '../logger.ts';
import type { AnalysisRunObject } from './resources.ts';

/** A measurement that waits in an AnalysisRun. */
export interface Waiting {
  /** `namespace/name` of the CanaryAnalysis, as the measurement's metadata has it. */
  readonly key: string;
  readonly namespace: string;
  readonly analysisRun: string;
  readonly analysisRunUID: string;
  readonly metric: string;
}

/** What a {@link Waker} works with. */
export interface WakerOptions {
  readonly client: Pick<ResourceClient<AnalysisRunObject>, 'get' | 'patch'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** When a wake is repeated, milliseconds after the first; later ones every {@link REPEAT_MS}. */
const REPEATS_MS = [2_000, 10_000, 60_000];
const REPEAT_MS = 300_000;

/** The phases of an AnalysisRun that is over. */
const OVER = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);

interface Sequence {
  attempt: number;
  cancel: CancelTimer;
}

/**
 * Makes Argo Rollouts call Resume: any change of an AnalysisRun does, so an annotation gets a fresh value. Repeats it
 * after 2, 10 and 60 s and then every 5 min until the measurement is finished, the AnalysisRun gone, or {@link Waker.stop}.
 */
export class Waker {
  readonly #options: WakerOptions;
  readonly #sequences = new Map<string, Sequence>();

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  /**
   * Wakes now. With `look`, also the first time only after a look at the AnalysisRun shows that the measurement waits:
   * for when nobody knows whether it still does.
   */
  wake(waiting: Waiting, { look = false } = {}): void {
    this.stop(waiting.key);
    this.#attempt(waiting, { attempt: 0, cancel: () => {} }, look);
  }

  /** Begins with the first repeat, unless a sequence is under way already. */
  wakeLater(waiting: Waiting): void {
    if (!this.#sequences.has(waiting.key)) this.#next(waiting, { attempt: 0, cancel: () => {} });
  }

  /** Ends the sequence: whoever waited has been answered. */
  stop(key: string): void {
    this.#sequences.get(key)?.cancel();
    this.#sequences.delete(key);
  }

  /** Ends all sequences. */
  stopAll(): void {
    for (const key of [...this.#sequences.keys()]) this.stop(key);
  }

  #next(waiting: Waiting, sequence: Sequence): void {
    const { attempt } = sequence;
    const at = (index: number): number => REPEATS_MS[index] ?? 0;
    const delay = attempt < REPEATS_MS.length ? at(attempt) - at(attempt - 1) : REPEAT_MS;
    sequence.attempt++;
    sequence.cancel = this.#options.clock.setTimer(delay, () => this.#attempt(waiting, sequence, true));
    this.#sequences.set(waiting.key, sequence);
  }

  #attempt(waiting: Waiting, sequence: Sequence, look: boolean): void {
    sequence.cancel = () => {};
    this.#sequences.set(waiting.key, sequence);
    this.#try(waiting, look)
      .catch((error: unknown) => this.#failed(waiting, error))
      .then((goOn) => {
        const current = this.#sequences.get(waiting.key) === sequence;
        if (!current || this.#options.signal.aborted) return;
        if (goOn) this.#next(waiting, sequence);
        else this.#sequences.delete(waiting.key);
      });
  }

  /** Whether the measurement may still be waiting afterwards. */
  async #try(waiting: Waiting, look: boolean): Promise<boolean> {
    const { client, clock } = this.#options;
    const ref = { namespace: waiting.namespace, name: waiting.analysisRun };
    const { signal } = this.#options;
    if (look && !isWaiting(await client.get(ref, { signal }), waiting)) return false;
    const value = `${new Date(clock.now()).toISOString()} ${waiting.key}`;
    const metadata = {
      name: ref.name,
      uid: waiting.analysisRunUID,
      annotations: { [ANNOTATION_WAKE]: value },
    };
    await client.patch(ref, { metadata }, { signal });
    return true;
  }

  #failed(waiting: Waiting, error: unknown): boolean {
    if (isCoded(error, 'API_NOT_FOUND')) return false;
    if (!this.#options.signal.aborted) {
      this.#options.log.warn('AnalysisRun could not be woken; it is tried again', {
        analysisRun: `${waiting.namespace}/${waiting.analysisRun}`,
        canaryAnalysis: waiting.key,
        error: error instanceof Error ? error.message : String(error),
      });
    }
    return true;
  }
}

/**
 * Whether the AnalysisRun's measurement for this analysis is not finished; true also while Argo Rollouts has not stored
 * the measurement yet.
 */
export function isWaiting(run: AnalysisRunObject, waiting: Waiting): boolean {
  if (run.metadata.uid !== waiting.analysisRunUID || OVER.has(run.status?.phase ?? '')) return false;
  const result = run.status?.metricResults?.find(({ name }) => name === waiting.metric);
  const measurement = result?.measurements?.findLast(
    ({ metadata }) => metadata?.['canaryAnalysis'] === waiting.key,
  );
  return measurement === undefined || measurement.finishedAt === undefined;
}
