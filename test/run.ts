import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSuiteName, SUITES, type Suite, type SuiteName, type Tally } from './suites.ts';

/** How long a suite's process may linger after its last test: beyond this something was left open. */
const LINGER_MS = 15_000;

async function run(name: SuiteName): Promise<Tally> {
  process.stdout.write(`\n${SUITES[name].title}\n`);
  const suite: Suite = SUITES[name];
  const child = fork(join(import.meta.dirname, 'suite.ts'), [name], {
    env: { ...process.env, ...suite.env },
  });
  let tally: Tally | undefined;
  let leaked = false;
  child.on('message', (message) => {
    tally = message as Tally;
    void sleep(LINGER_MS, undefined, { ref: false }).then(() => {
      leaked = child.kill('SIGKILL');
    });
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (leaked)
    process.stdout.write(`  The suite "${name}" left something open: its process had to be killed.\n`);
  if (tally === undefined) process.stdout.write(`  The suite "${name}" ended early (exit ${code}).\n`);
  const { passed, failed, skipped } = tally ?? { passed: 0, failed: 1, skipped: 0 };
  return { passed, failed: failed + (leaked ? 1 : 0), skipped };
}

const forbidSkipped = process.argv.includes('--forbid-skipped');
const names = process.argv.slice(2).filter((argument) => argument !== '--forbid-skipped');
const unknown = names.filter((name) => !isSuiteName(name));
if (names.length === 0 || unknown.length > 0) {
  process.stderr.write(
    `usage: run.ts [--forbid-skipped] SUITE...   suites: ${Object.keys(SUITES).join(', ')}\n`,
  );
  process.exit(2);
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const name of names.filter(isSuiteName)) {
  const tally = await run(name);
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
if (forbidSkipped && total.skipped > 0) process.stderr.write('A skipped test counts as a failure here.\n');
const skippedFails = forbidSkipped && total.skipped > 0;
process.exitCode = total.failed === 0 && total.passed > 0 && !skippedFails ? 0 : 1;
