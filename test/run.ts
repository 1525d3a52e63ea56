import { prepareControlPlane } from './prepare.ts';
import { startSuite } from './running-suite.ts';
import { isSuiteName, SUITES, type Suite, type SuiteName, type Tally } from './suites.ts';

/** Suites at the same time, of those that share the machine. */
const AT_ONCE = 2;

const forbidSkipped = process.argv.includes('--forbid-skipped');
const words = process.argv.slice(2).filter((argument) => argument !== '--forbid-skipped');
const names = words.filter(isSuiteName);
if (names.length === 0 || names.length < words.length) {
  process.stderr.write(
    `usage: run.ts [--forbid-skipped] SUITE...   suites: ${Object.keys(SUITES).join(', ')}\n`,
  );
  process.exit(2);
}

function mayJoin(name: SuiteName, running: readonly SuiteName[]): boolean {
  const shares = (one: SuiteName): boolean => (SUITES[one] as Suite).shares === true;
  return running.length === 0 || (running.length < AT_ONCE && [name, ...running].every(shares));
}

/** Runs the suites, some at the same time; what they print comes one suite after the other. */
async function runAll(): Promise<Tally> {
  const total: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const running = new Map<Promise<unknown>, SuiteName>();
  let printing = Promise.resolve();
  for (const name of names) {
    while (!mayJoin(name, [...running.values()])) await Promise.race(running.keys());
    const suite = startSuite(name, (text) => process.stdout.write(text));
    const end: Promise<unknown> = suite.tally.then(() => running.delete(end));
    running.set(end, name);
    printing = printing.then(async () => {
      suite.show();
      const { passed, failed, skipped, failures } = await suite.tally;
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
      total.failures.push(...failures.map((failure) => `${name}: ${failure}`));
    });
  }
  await printing;
  return total;
}

if (names.some((name) => (SUITES[name] as Suite).controlPlane === true)) {
  await prepareControlPlane((line) => void process.stdout.write(`${line}\n`)).catch((error: unknown) => {
    process.stdout.write(`${error instanceof Error ? error.message : error}\n\n0 passed, 1 failed\n`);
    process.exit(1);
  });
}
const { passed, failed, skipped, failures } = await runAll();
if (failures.length > 0)
  process.stdout.write(`\nFailed:\n${failures.map((failure) => `  ${failure}\n`).join('')}`);
const skippedFails = forbidSkipped && skipped > 0;
if (skippedFails) process.stdout.write('\nA skipped test counts as a failure here.\n');
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
process.exitCode = failed === 0 && passed > 0 && !skippedFails ? 0 : 1;
