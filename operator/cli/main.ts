#!/usr/bin/env node
import { run } from './run.ts';

const interrupted = new AbortController();
// The first signal ends the work cleanly; the second ends the process as if nobody listened.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

process.exitCode = await run(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  now: () => performance.now(),
  env: process.env,
  signal: interrupted.signal,
});
