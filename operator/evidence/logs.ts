import type { Instant, LogSink, Side } from '../model.ts';
import { describe, type LogTask } from './log-plan.ts';
import { type LogReadOptions, readLog } from './log-reader.ts';

/** What came of one task. */
export interface LogResult {
  readonly task: LogTask;
  /** Bytes handed to the sink. */
  readonly bytes: number;
  /** When the newest of them were written, where that is known. */
  readonly last?: Instant;
  /** False where the log, or a part of it, existed and was not read, for another reason than the byte budget. */
  readonly complete: boolean;
  /** True where the byte budget left its older part out. */
  readonly cut: boolean;
}

/** What came of reading the logs of both sides. */
export interface LogsRead {
  readonly results: readonly LogResult[];
  readonly bytes: Readonly<Record<Side, number>>;
  /** False where a log is not {@link LogResult.complete}, or was not read for want of time; one that went with its pod is in `gone`. */
  readonly complete: Readonly<Record<Side, boolean>>;
  /** True where a log, or a part of it, went with its pod while logs were read. */
  readonly gone: Readonly<Record<Side, boolean>>;
  readonly gaps: readonly string[];
}

/** How the logs of an analysis are read. */
export interface ReadLogsOptions extends LogReadOptions {
  readonly namespace: string;
  readonly maxBytesPerContainer: number;
  /** Logs read at a time; 4 when absent. */
  readonly concurrency?: number;
}

/**
 * Reads logs into a sink, a few at a time; what cannot be read becomes a gap and the rest goes on.
 * @throws CodedError `ABORTED` when the signal fired.
 */
export async function readLogs(
  tasks: readonly LogTask[],
  sink: LogSink,
  options: ReadLogsOptions,
): Promise<LogsRead> {
  const bytes = { stable: 0, canary: 0 };
  const complete = { stable: true, canary: true };
  const gone = { stable: false, canary: false };
  const gaps: { readonly index: number; readonly text: string }[] = [];
  const results: LogResult[] = [];
  const queue = [...tasks.entries()];
  const segments: Uint8Array[] = [];

  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, task] = next;
      const { source, from, to, headBytes, existed } = task;
      const left = (options.deadline ?? Infinity) - options.clock.now();
      if (left <= 0) {
        complete[source.side] = false;
        gaps.push({ index, text: `${describe(source)}: there was no time left to read it` });
        continue;
      }
      const writer = sink.open(source);
      try {
        const result = await readLog(
          { namespace: options.namespace, ...source },
          {
            to,
            existed,
            maxBytes: options.maxBytesPerContainer,
            ...(from === undefined ? {} : { from }),
            ...(headBytes === undefined ? {} : { headBytes }),
          },
          { ...options, segments, drained: () => writer.drained?.() },
          (chunk) => writer.write(chunk),
        );
        bytes[source.side] += result.bytes;
        results.push({
          task,
          bytes: result.bytes,
          ...(result.last === undefined ? {} : { last: result.last }),
          complete: !result.incomplete,
          cut: result.cut === true,
        });
        if (result.incomplete && headBytes === undefined) {
          if (result.gone === true) gone[source.side] = true;
          else complete[source.side] = false;
        }
        if (result.gap !== undefined) {
          const part = headBytes === undefined ? '' : ' (start-up)';
          gaps.push({ index, text: `${describe(source)}${part}: ${result.gap}` });
        }
      } finally {
        writer.end();
      }
    }
  };

  const { concurrency = 4 } = options;
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, tasks.length) }, work));
  } finally {
    queue.length = 0;
  }
  return {
    results,
    bytes,
    complete,
    gone,
    gaps: gaps.sort((a, b) => a.index - b.index).map(({ text }) => text),
  };
}
