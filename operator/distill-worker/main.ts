import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './messages.ts';
import { createReceiver } from './receiver.ts';

const receive = createReceiver(workerData);

parentPort?.on('message', (message: ToWorker) => {
  const distilled = receive(message);
  if (distilled !== undefined) parentPort?.postMessage({ kind: 'result', distilled } satisfies FromWorker);
  if (message.kind !== 'write') return;
  const { buffer: block } = message.bytes;
  if (!(block instanceof ArrayBuffer)) throw new TypeError('a block is handed over, not shared');
  parentPort?.postMessage({ kind: 'taken', block } satisfies FromWorker, [block]);
});
