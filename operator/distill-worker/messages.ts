import type { Distilled, Instant, Interval, LogSource, Side } from '../model.ts';
import type { RedactorOptions } from '../redact/index.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly windows: Readonly<Record<Side, Interval | undefined>>;
  readonly maxTemplates?: number;
  readonly startupMs?: number;
  readonly redactionKey?: NonNullable<RedactorOptions['key']>;
}

/** What a worker is told. */
export type ToWorker =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly source: LogSource;
      readonly startedAt: Instant | undefined;
    }
  | { readonly kind: 'write'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'result' };

/** What a worker answers: the block whose bytes it is done with, to be filled again, and in the end templates, redacted. */
export type FromWorker =
  | { readonly kind: 'taken'; readonly block: ArrayBuffer }
  | { readonly kind: 'result'; readonly distilled: Distilled };
