import Mocha from 'mocha';
import { filesOf, isSuiteName, SUITES, type Suite, type Tally } from './suites.ts';

// One suite in a process of its own; `test/run.ts` starts it and adds the tallies up.
const [name = '', color] = process.argv.slice(2);
if (!isSuiteName(name))
  throw new Error(`unknown suite "${name}"; there are ${Object.keys(SUITES).join(', ')}`);
const suite: Suite = SUITES[name];
const { jobs = 1 } = suite;

const mocha = new Mocha({
  reporter: suite.reporter,
  timeout: suite.timeout,
  forbidOnly: true,
  color: color === '--color',
  parallel: jobs > 1,
  jobs,
});
for (const file of filesOf(suite)) mocha.addFile(file);
if (jobs === 1) await mocha.loadFilesAsync();
const failures: string[] = [];
const runner = mocha.run((failed) => {
  const tally: Tally = {
    passed: runner.stats?.passes ?? 0,
    failed,
    skipped: runner.stats?.pending ?? 0,
    failures,
  };
  process.exitCode = failed === 0 ? 0 : 1;
  process.send?.(tally);
  process.disconnect?.();
});
runner.on('fail', (test, error: Error) => {
  const [reason = ''] = error.message.split('\n');
  failures.push(`${test.fullTitle()}: ${reason}`);
});
