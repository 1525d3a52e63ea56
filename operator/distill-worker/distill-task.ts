import { abortedError } from '../../crds/client/clock.ts';
import type { DistillerOptions } from '../distill/index.ts';
import type { Distilled, LogSink, LogWriter } from '../model.ts';
import { DistillThread } from './distill-thread.ts';
import type { ToWorker, WorkerSetup } from './messages.ts';
import { createReceiver } from './receiver.ts';

/** Bytes of log up to which starting a thread takes longer than distilling. */
export const INLINE_BYTES = 1_048_576;

/** What the distilling of one analysis needs to know. */
export interface DistillTaskOptions
  extends Pick<DistillerOptions, 'windows' | 'maxTemplates' | 'startupMs' | 'startedAt'> {
  readonly signal?: AbortSignal | undefined;
  /**
   * Random bytes of one analysis: samples tell equal values from different ones, also those of another task with the same
   * key. Without it placeholders tell the kind alone.
   */
  readonly redactionKey?: Uint8Array;
  /** Bytes from which on a thread does the work; {@link INLINE_BYTES} when unset. */
  readonly inlineBytes?: number;
}

/** Distils the logs of one analysis: small ones at once, larger ones in a thread of its own. */
export interface DistillTask extends LogSink {
  /**
   * What the logs said, once all of them are written. Redaction has happened where the lines were.
   * @throws `EVIDENCE_UNREADABLE` when the thread failed; `ABORTED` when the signal fired.
   */
  result(): Promise<Distilled>;
  /** Ends the thread, if there is one. To be called in any case. */
  close(): Promise<void>;
}

/** Makes a {@link DistillTask}. No thread is started before there is work for it. */
export function createDistillTask(options: DistillTaskOptions): DistillTask {
  const { signal, inlineBytes = INLINE_BYTES, startedAt, ...setup } = options;
  let held: ToWorker[] = [];
  let heldBytes = 0;
  let thread: DistillThread | undefined;
  let opened = 0;

  const end = async (): Promise<void> => {
    held = [];
    await thread?.end();
  };
  const onAbort = (): void => {
    void end();
  };
  signal?.addEventListener('abort', onAbort, { once: true });

  const send = (message: ToWorker): void => {
    if (signal?.aborted) return;
    if (thread !== undefined) {
      thread.send(message);
      return;
    }
    const bytes = message.kind === 'write' ? message.bytes.length : 0;
    if (heldBytes + bytes <= inlineBytes) {
      heldBytes += bytes;
      held.push(message.kind === 'write' ? { ...message, bytes: new Uint8Array(message.bytes) } : message);
      return;
    }
    thread = new DistillThread(setup);
    for (const earlier of held) thread.send(earlier);
    held = [];
    thread.send(message);
  };

  return {
    open(source): LogWriter {
      const id = opened++;
      send({ kind: 'open', id, source, startedAt: startedAt?.(source) });
      return {
        write: (bytes) => send({ kind: 'write', id, bytes }),
        drained: () => thread?.drained(),
        end: () => send({ kind: 'end', id }),
      };
    },
    async result() {
      const aborted = (): Error | undefined =>
        signal?.aborted ? abortedError(signal, 'the distilling of logs') : undefined;
      try {
        const early = aborted();
        if (early !== undefined) throw early;
        return thread === undefined ? inline(setup, held) : await thread.result();
      } catch (error) {
        throw aborted() ?? error;
      }
    },
    async close() {
      signal?.removeEventListener('abort', onAbort);
      await end();
    },
  };
}

function inline(setup: WorkerSetup, messages: readonly ToWorker[]): Distilled {
  const receive = createReceiver(setup);
  for (const message of messages) receive(message);
  const distilled = receive({ kind: 'result' });
  if (distilled === undefined) throw new TypeError('a receiver answers when asked for the result');
  return distilled;
}
