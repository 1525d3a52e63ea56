import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fateOf, shellCommands } from '../../support/shell-commands.ts';
import { ROOT } from './markdown.ts';

describe('the shell commands of README and guides', () => {
  const commands = shellCommands().map((command) => ({ ...command, fate: fateOf(command) }));

  it('are each run by a test, or a list says why not', () => {
    expect(commands.length).to.be.greaterThan(20);
    const forgotten = commands.filter(({ fate }) => fate === undefined);
    expect(forgotten.map(({ page, text }) => `${page}: ${text}`)).to.deep.equal([]);
    const tests = new Set(
      commands.flatMap(({ fate }) => (fate !== undefined && 'test' in fate ? [fate.test] : [])),
    );
    for (const test of tests) expect(existsSync(join(ROOT, test)), test).to.equal(true);
    expect(tests.size).to.be.greaterThan(3);
  });

  it('are mostly run', () => {
    const lines = commands.flatMap(({ page, text, fate }) =>
      fate !== undefined && 'reason' in fate
        ? [`${page}: ${text.split('\n')[0]}\n        ${fate.reason}`]
        : [],
    );
    process.stdout.write(`    not run by a test:\n${lines.map((line) => `      ${line}\n`).join('')}`);
    const guides = commands.filter(({ page }) => !page.startsWith('examples/'));
    const run = guides.filter(({ fate }) => fate !== undefined && 'test' in fate);
    expect(run.length / guides.length).to.be.greaterThan(0.3);
  });
});
