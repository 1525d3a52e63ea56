import { parentPort } from 'node:worker_threads';
import { doJob } from './do-job.ts';
import type { Answer, Job } from './job.ts';

parentPort?.on('message', (job: Job) => {
  const answer = (given: Answer): void => parentPort?.postMessage(given);
  doJob(job).then(
    (result) => answer({ result }),
    (error: unknown) =>
      answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
