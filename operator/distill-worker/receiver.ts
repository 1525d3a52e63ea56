import { createDistiller } from '../distill/index.ts';
import type { Distilled, Instant, LogSource, LogWriter } from '../model.ts';
import { createRedactor } from '../redact/index.ts';
import type { ToWorker, WorkerSetup } from './messages.ts';

/** Distils what messages bring; answers the one that asks for the result. */
export function createReceiver({
  redactionKey,
  ...setup
}: WorkerSetup): (message: ToWorker) => Distilled | undefined {
  const starts = new Map<LogSource, Instant | undefined>();
  const writers = new Map<number, LogWriter>();
  const distiller = createDistiller({
    ...setup,
    redactor: createRedactor(redactionKey === undefined ? {} : { key: redactionKey }),
    startedAt: (source) => starts.get(source),
  });
  return (message) => {
    switch (message.kind) {
      case 'open':
        starts.set(message.source, message.startedAt);
        writers.set(message.id, distiller.open(message.source));
        starts.delete(message.source);
        return undefined;
      case 'write':
        writers.get(message.id)?.write(message.bytes);
        return undefined;
      case 'end':
        writers.get(message.id)?.end();
        writers.delete(message.id);
        return undefined;
      case 'result':
        return distiller.result();
    }
  };
}
