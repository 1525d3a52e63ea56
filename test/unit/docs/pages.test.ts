import { existsSync, globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import packageJson from '../../../package.json' with { type: 'json' };
import { SUITES } from '../../suites.ts';
import { anchorsOf, blocksOf, codeWords, PAGES, proseOf, ROOT, read, tableRows } from './markdown.ts';

/** The sources of the programs, where a documented name has to occur. */
const SOURCES = globSync('{crds,plugin,operator}/**/*.ts', { cwd: ROOT }).map(read).join('\n');

/** Capitals that name something else than an environment variable. */
const NO_VARIABLE = new Set(['KINDS', 'REASONS', 'BUNDLE', 'POD', 'CONTAINER', 'NAME', 'FILE', 'FORMAT']);

function makeTargets(): Set<string> {
  return new Set([...read('Makefile').matchAll(/^([a-z][a-z0-9-]*):/gm)].map(([, target = '']) => target));
}

describe('the documentation', () => {
  it('has no relative link that leads nowhere', () => {
    const broken: string[] = [];
    for (const page of [...PAGES, 'test/lab/README.md', 'test/host/README.md']) {
      for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path));
        const leads = existsSync(join(ROOT, file)) && (anchor === undefined || anchorsOf(file).has(anchor));
        if (!leads) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).to.deep.equal([]);
  });

  it('leads from the README to every page', () => {
    const linked = [...read('README.md').matchAll(/\]\((docs\/[a-z-]+\.md)\)/g)].map(([, page]) => page);
    expect(linked).to.include.members(PAGES.filter((page) => page.startsWith('docs/')));
  });

  it('names no make target that does not exist', () => {
    const targets = makeTargets();
    const named = PAGES.flatMap((page) => {
      const commands = [
        ...codeWords(proseOf(page)),
        ...blocksOf(page).flatMap(({ text }) => text.split('\n')),
      ];
      return commands.flatMap((text) => /^(?:\$ )?make ([a-z0-9-]+)/.exec(text)?.[1] ?? []);
    });
    expect(named).to.include.members(['demo', 'test', 'build']);
    expect(named.filter((target) => !targets.has(target))).to.deep.equal([]);
  });

  it('names no environment variable that the programs do not read', () => {
    const named = PAGES.flatMap((page) => codeWords(proseOf(page))).filter(
      (word) => /^[A-Z][A-Z0-9_]{3,}$/.test(word) && !NO_VARIABLE.has(word),
    );
    expect(named).to.include.members(['LOG_LEVEL', 'GOOGLE_API_KEY']);
    const build = `${read('Makefile')}\n${read('Dockerfile')}`;
    const known = (name: string): boolean =>
      new RegExp(`\\b${name}\\b`).test(SOURCES) ||
      new RegExp(`^(ARG )?${name} ?[?:]?=|\\$\\(${name}\\)`, 'm').test(build);
    expect(named.filter((name) => !known(name))).to.deep.equal([]);
  });

  it('explains every variable that the operator and the plugin read', () => {
    const pages = ['docs/operator-configuration.md', 'docs/plugin-configuration.md', 'docs/agent.md'];
    const documented = pages.flatMap((page) =>
      tableRows(page, 'variable').flatMap(([names = '']) => codeWords(names)),
    );
    const reads = [...SOURCES.matchAll(/\benv\['([A-Z_]+)'\]|(?:value|flag)\(env, '([A-Z_0-9]+)'\)/g)].map(
      ([, index, call]) => index ?? call,
    );
    const own = new Set(reads.filter((name) => name !== undefined && !/^(PLUGIN_|TMPDIR)/.test(name)));
    expect(own.size).to.be.greaterThan(5);
    expect(documented).to.include.members([...own]);
  });

  it('names every flag of a program, and no other', () => {
    const flagsIn = (path: string, start: string): string[] => {
      const text = read(path);
      const usage = text.slice(text.indexOf(start));
      return [...usage.slice(0, usage.indexOf('`;')).matchAll(/ (--[a-z-]+)/g)].map(([, flag = '']) => flag);
    };
    const programs = [
      ['docs/plugin-configuration.md', 'plugin/settings.ts', ['HELP = `']],
      ['docs/operator-configuration.md', 'operator/config/flags.ts', ['USAGE = `']],
      ['docs/bundle.md', 'operator/cli/help.ts', ['JUDGE_HELP = `']],
      [
        'docs/command-line.md',
        'operator/cli/help.ts',
        ['COLLECT_HELP = `', 'REPLAY_HELP = `', 'EXPLAIN_HELP = `', 'CLUSTER_FLAGS = `'],
      ],
      ['docs/agent.md', 'operator/cli/help.ts', ['AGENT_HELP = `']],
    ] as const;
    for (const [page, path, starts] of programs) {
      const flags = starts.flatMap((start) => flagsIn(path, start));
      expect(flags.length, path).to.be.greaterThan(1);
      const documented = tableRows(page, 'flag').flatMap(([cell = '']) => cell.match(/--[a-z-]+/g) ?? []);
      expect(new Set(documented), page).to.deep.equal(new Set(flags));
    }
  });

  it('quotes messages that the programs print', () => {
    const named = 'Successfully loaded plugin: ';
    const quoted = [
      ...tableRows('docs/plugin-configuration.md', 'message'),
      ...tableRows('docs/agent.md', 'words'),
    ].flatMap(([cell = '']) => codeWords(cell));
    expect(quoted.length).to.be.greaterThan(8);
    const invented = quoted.filter(
      (message) => !SOURCES.includes(message.startsWith(named) ? named : message),
    );
    expect(invented).to.deep.equal([]);
  });

  it('promises no message that no test has seen', () => {
    const tests = globSync('test/{integration,unit/operator/review}/**/*.ts', { cwd: ROOT })
      .map(read)
      .join('\n');
    // A test may look for the parts of one, and at the regular expression of one.
    const seen = tests.replaceAll('\\', '');
    const quoted = [
      ...tableRows('docs/plugin-configuration.md', 'message'),
      ...tableRows('docs/agent.md', 'words'),
    ].flatMap(([cell = '']) => codeWords(cell));
    expect(quoted.length).to.be.greaterThan(8);
    const unseen = quoted
      .flatMap((message) => message.split(/(?<!plugin): /))
      .filter((part) => !seen.includes(part));
    expect(unseen).to.deep.equal([]);
  });

  it('gives a reason for every dependency, and for nothing else', () => {
    const documented = tableRows('docs/dependencies.md', 'package').flatMap(([cell = '']) => codeWords(cell));
    const { dependencies, devDependencies } = packageJson;
    expect(documented).to.have.members([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
  });

  it('speaks of every suite of tests', () => {
    const page = read('docs/development.md');
    const commands: Record<keyof typeof SUITES, string> = {
      unit: 'make test-unit',
      integration: 'make test-integration',
      'integration-real': 'make test-e2e',
      injection: 'make test-injection',
      github: 'make test-github',
      host: 'make test-host',
      e2e: 'make test',
      rollouts: 'make test-e2e',
      real: 'make test-e2e',
    };
    for (const suite of Object.keys(SUITES) as (keyof typeof SUITES)[]) {
      expect(page, suite).to.include(`\`${commands[suite]}\``);
    }
  });
});
