import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './messages.ts';
import { createReceiver } from './receiver.ts';

const receive = createReceiver(workerData);

parentPort?.on('message', (message: ToWorker) => {
  const distilled = receive(message);
  const answer: FromWorker | undefined =
    distilled !== undefined
      ? { kind: 'result', distilled }
      : message.kind === 'write'
        ? { kind: 'taken', bytes: message.bytes.length }
        : undefined;
  if (answer !== undefined) parentPort?.postMessage(answer);
});
