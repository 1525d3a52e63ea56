import { Worker } from 'node:worker_threads';
import type { Answer, JobOf, Kind, Results } from './job.ts';

/** Threads that do jobs, one at a time each. What comes of a job depends on the job alone, so their number changes no figure. */
export class JobPool {
  readonly #workers: readonly Worker[];

  constructor(size: number) {
    this.#workers = Array.from({ length: size }, () => new Worker(new URL('./main.ts', import.meta.url)));
  }

  /**
   * Does all jobs, spread over the threads; `done` is told each time one more is. Results are in the order of the jobs.
   * To be called again only when it has ended.
   * @throws Error naming the first job that failed.
   */
  async run<K extends Kind>(
    jobs: readonly JobOf<K>[],
    done: (count: number, of: number) => void,
  ): Promise<Results[K][]> {
    const results = new Array<Results[K]>(jobs.length);
    let next = 0;
    let count = 0;
    const work = async (worker: Worker): Promise<void> => {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job === undefined) return;
        results[index] = (await ask(worker, job)) as Results[K];
        done(++count, jobs.length);
      }
    };
    await Promise.all(this.#workers.map(work));
    return results;
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, job: JobOf<Kind>): Promise<Results[Kind]> {
  const { promise, resolve, reject } = Promise.withResolvers<Results[Kind]>();
  const fail = (why: string): void => reject(new Error(`${JSON.stringify(job)} failed: ${why}`));
  const onMessage = (answer: Answer): void =>
    answer.error === undefined ? resolve(answer.result) : fail(answer.error);
  const onError = (error: unknown): void => fail(String(error));
  const onExit = (): void => fail('its thread ended');
  worker.once('message', onMessage).once('error', onError).once('exit', onExit);
  worker.postMessage(job);
  return promise.finally(() => {
    worker.off('message', onMessage).off('error', onError).off('exit', onExit);
  });
}
