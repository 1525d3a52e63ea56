import { Worker } from 'node:worker_threads';
import { CodedError } from '../../crds/errors.ts';
import type { Distilled } from '../model.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './messages.ts';

/** Bytes go to the worker in blocks of this size, which come back to be filled again: what a thread leaves to its garbage collector stays for long. */
const BLOCK_BYTES = 65_536;
/** Blocks on their way to the worker at which a writer should wait, and at which it may go on. */
const HIGH_WATER = 32;
const LOW_WATER = 8;
/**
 * What the worker's heap may hold, in MiB. 5,000 templates with the longest texts, their samples and as many shapes are
 * some 40; a runaway ends the thread and not the program.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };

/** Owns one worker thread that distils the logs of one analysis. */
export class DistillThread {
  readonly #worker: Worker;
  readonly #settled = Promise.withResolvers<Distilled>();
  readonly #free: ArrayBuffer[] = [];
  #under = 0;
  #waiting: PromiseWithResolvers<void> | undefined;
  #ended = false;

  constructor(setup: WorkerSetup) {
    this.#worker = new Worker(entry(), {
      workerData: setup,
      name: 'distill',
      resourceLimits: RESOURCE_LIMITS,
    });
    // The result may never be asked for.
    this.#settled.promise.catch(() => {});
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.#fail('failed', cause));
    this.#worker.on('exit', () => this.#fail('ended early'));
  }

  send(message: ToWorker): void {
    if (this.#ended) return;
    if (message.kind === 'write') this.#write(message.id, message.bytes);
    else this.#worker.postMessage(message);
  }

  /** Copies: the caller may fill the chunk again. */
  #write(id: number, chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += BLOCK_BYTES) {
      const part = chunk.subarray(from, from + BLOCK_BYTES);
      const block = this.#free.pop() ?? new ArrayBuffer(BLOCK_BYTES);
      const bytes = new Uint8Array(block, 0, part.length);
      bytes.set(part);
      this.#under += 1;
      this.#worker.postMessage({ kind: 'write', id, bytes } satisfies ToWorker, [block]);
    }
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
    this.#under -= 1;
    this.#free.push(message.block);
    if (this.#under <= LOW_WATER) this.#release();
  }

  #fail(what: string, cause?: unknown): void {
    this.#ended = true;
    this.#free.length = 0;
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
