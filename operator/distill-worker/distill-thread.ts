import { Worker } from 'node:worker_threads';
import { CodedError } from '../../crds/errors.ts';
import type { Distilled } from '../model.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';

/** Bytes on their way to the worker at which a writer should wait, and at which it may go on. */
const HIGH_WATER = 8 * 1_048_576;
const LOW_WATER = 2 * 1_048_576;

/** Owns one worker thread that distils the logs of one analysis. */
export class DistillThread {
  readonly #worker: Worker;
  readonly #settled = Promise.withResolvers<Distilled>();
  #under = 0;
  #waiting: PromiseWithResolvers<void> | undefined;
  #ended = false;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(entry(), {
      workerData: setup,
      name: 'distill',
      // Templates and the parts of lines: what it holds is bounded, so a runaway ends the thread and not the program.
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    // The result may never be asked for.
    this.#settled.promise.catch(() => {});
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.#fail('failed', cause));
    this.#worker.on('exit', () => this.#fail('ended early'));
  }

  send(message: ToWorker): void {
    if (this.#ended) return;
    if (message.kind === 'write') {
      // A copy of its own: the caller may fill the chunk again, and what is handed over cannot be seen from here.
      const bytes = new Uint8Array(message.bytes);
      this.#under += bytes.length;
      this.#worker.postMessage({ ...message, bytes }, [bytes.buffer]);
    } else this.#worker.postMessage(message);
  }

  /** Resolves once the worker has caught up; undefined when it has. */
  drained(): Promise<void> | undefined {
    if (this.#ended || this.#under < HIGH_WATER) return undefined;
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /**
   * Asks for the result.
   * @throws `EVIDENCE_UNREADABLE` when the thread ended before it gave one.
   */
  result(): Promise<Distilled> {
    this.send({ kind: 'result' });
    return this.#settled.promise;
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    this.#fail('was ended');
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'result') {
      this.#settled.resolve(message.distilled);
      return;
    }
    this.#under -= message.bytes;
    if (this.#under <= LOW_WATER) this.#release();
  }

  #fail(what: string, cause?: unknown): void {
    this.#ended = true;
    this.#release();
    const message = `the thread that distils logs ${what}; the logs are read again with the next analysis`;
    this.#settled.reject(new CodedError('EVIDENCE_UNREADABLE', message, { cause }));
  }

  #release(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** The worker's code: beside this file in the sources, beside the bundle that this file is part of in a build. */
function entry(): URL {
  const name = import.meta.url.endsWith('.ts') ? './main.ts' : './distill-worker.mjs';
  return new URL(name, import.meta.url);
}
