import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fateOf, NOT_RUN, shellCommands } from '../../support/shell-commands.ts';
import { ROOT, read } from './markdown.ts';

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

  it('are run but for those that need what is not here, and no reason is left over', () => {
    const waived = commands.flatMap(({ page, text, fate }) =>
      fate !== undefined && 'reason' in fate ? [{ page, text, reason: fate.reason }] : [],
    );
    process.stdout.write(`    ${waived.length} of ${commands.length} commands are not run by a test:\n`);
    for (const { page, text, reason } of waived)
      process.stdout.write(`      ${page}: ${text}\n        ${reason}\n`);
    expect(waived.length / commands.length).to.be.lessThan(0.25);
    const given = new Set(waived.map(({ reason }) => reason));
    expect([...given]).to.have.members(NOT_RUN.map(([, reason]) => reason));
  });

  it('are asked for by the tests that are said to run them', () => {
    const silent = commands.flatMap(({ fate }) => {
      if (fate === undefined || 'reason' in fate || !fate.test.startsWith('test/real/guides/')) return [];
      return read(fate.test).includes(`'${fate.test}'`) ? [] : [fate.test];
    });
    expect(silent).to.deep.equal([]);
  });
});
