import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { commandsRunBy } from '../../support/shell-commands.ts';
import { ROOT } from './markdown.ts';

/** What the lists of commands call this file. */
const SELF = 'test/unit/docs/make.test.ts';
/** What a target runs that would take a Docker daemon, or long. */
const RECIPES: Readonly<Record<string, RegExp>> = {
  'docker-build': /docker buildx build --load --target/,
  'docker-buildx': /docker buildx build --push --platform 'linux\/amd64,linux\/arm64'/,
  eval: /test\/eval\/main\.ts/,
  test: /test\/run\.ts +unit integration/,
};

describe('make targets of README and guides that are not run here', () => {
  const commands = commandsRunBy(SELF);

  it('show what they would run, with the variables that the page gives', async () => {
    expect(commands.length).to.be.greaterThan(6);
    for (const command of commands) {
      const dry = command.replace(/^make /, 'make --dry-run --old-file=node_modules/.installed ');
      const env = { ...process.env, REGISTRY: 'registry.example.com/you' };
      const folder = command.includes('-C ../..') ? 'examples/openshift-gitops' : '.';
      const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', dry], {
        cwd: join(ROOT, folder),
        env,
      });
      const [target = ''] = command.split(' ').filter((word) => Object.hasOwn(RECIPES, word));
      expect(stdout, command).to.match(RECIPES[target] ?? /^no such target$/);
      for (const [, value = ''] of command.matchAll(/ [A-Z]+=(\S+)/g))
        expect(stdout, command).to.include(value.replace('$REGISTRY', env.REGISTRY));
    }
  });
});
