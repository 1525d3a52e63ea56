import { Writable } from 'node:stream';
import { createLogger, type Logger, type LoggerOptions } from '../../operator/kernel/logger.ts';

/** A logger whose lines a test reads back. */
export interface LogCapture {
  readonly logger: Logger;
  /** Every line so far, decoded. */
  readonly lines: Record<string, unknown>[];
}

export function captureLog(options: Omit<LoggerOptions, 'stream'> = {}): LogCapture {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString('utf8').split('\n')) {
        if (line !== '') lines.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  return { logger: createLogger({ level: 'trace', ...options, stream }), lines };
}
