import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '../../crds/errors.ts';
import type { LogSink, LogSource, LogWriter } from '../model.ts';
import { RedactedLines } from './redacted-lines.ts';
import { WholeLines } from './whole-lines.ts';

/** Writes a bundle into a directory of its own. */
export interface BundleWriter extends LogSink {
  /** Writes a JSON file; every text in it is redacted. */
  json(path: string, value: unknown): Promise<void>;
  /** Removes everything that was written. */
  discard(): Promise<void>;
}

/** Applied to every line and every text; undefined leaves them as they are. */
export type Redact = ((text: string) => string) | undefined;

/**
 * Makes the directory. All readings of one log, its start-up and its window, go into one file, line by line.
 * @throws CodedError `CONFIG_INVALID` when the directory exists or cannot be made
 */
export async function createBundleWriter(dir: string, redact: Redact): Promise<BundleWriter> {
  try {
    await mkdir(dirname(dir), { recursive: true });
    await mkdir(dir);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const why = code === 'EEXIST' ? 'exists already: name another with --out' : `cannot be made (${code})`;
    throw new CodedError('CONFIG_INVALID', `${dir} ${why}`, { cause });
  }
  return {
    open: (source) => openLog(dir, source, redact),
    async json(path, value) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      const keep = (_: string, field: unknown): unknown =>
        typeof field === 'string' && redact !== undefined ? redact(field) : field;
      await writeFile(join(dir, path), `${JSON.stringify(value, keep, 2)}\n`);
    },
    discard: () => rm(dir, { recursive: true, force: true }),
  };
}

/** The names are those of Kubernetes objects: DNS labels, in which no path can hide. */
function openLog(dir: string, { side, pod, container, previous }: LogSource, redact: Redact): LogWriter {
  const folder = join(dir, side, pod);
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, `${container}${previous ? '.previous' : ''}.log`), 'a');
  const whole = new WholeLines((bytes) => writeSync(file, bytes));
  const redacted = redact && new RedactedLines(redact, (text) => whole.write(Buffer.from(text)));
  return {
    write: (chunk) => (redacted ?? whole).write(chunk),
    end: () => {
      redacted?.end();
      whole.end();
      closeSync(file);
    },
  };
}
