import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { APPLY, type BundleObject } from '../../../kustomize/bundles.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { ROLLOUTS_RELEASES } from '../../lab/control-plane/programs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const TAG = packageJson.version;

/** One call of kubectl. */
interface Call {
  readonly args: readonly string[];
  readonly input: string;
  /** What the kustomization says that it was to render. */
  readonly kustomization: string;
}

/** The kubectl of this test: it writes down what it was asked, and renders a bundle of manifests/ whatever the kustomization says. */
const STAND_IN = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const args = process.argv.slice(2);
const input = readFileSync(0, 'utf8');
const file = args[0] === 'kustomize' ? args[1] + '/kustomization.yaml' : '';
const kustomization = existsSync(file) ? readFileSync(file, 'utf8') : '';
appendFileSync(process.env.CALLS, JSON.stringify({ args, input, kustomization }) + '\\n');
if (args[0] === process.env.FAILS) {
  process.stderr.write('error: the server says no\\n');
  process.exit(3);
}
process.stdout.write(args[0] === 'kustomize' ? readFileSync(process.env.RENDERED, 'utf8') : 'told to ' + args[0] + '\\n');
`;

describe('make install and make uninstall', () => {
  let folder: string;
  let kubectl: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'make-install-'));
    kubectl = join(folder, 'kubectl');
    writeFileSync(kubectl, STAND_IN, { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(program: string, args: readonly string[], { bundle = 'cluster', env = {} } = {}) {
    const file = join(folder, 'calls');
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: ROOT,
      encoding: 'utf8',
      // bash takes a socket for a remote shell, and reads the machine's set-up then.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        CALLS: file,
        KUBECTL: kubectl,
        RENDERED: join(ROOT, 'manifests', `${bundle}.yaml`),
        ...env,
      },
    });
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    return { status, stdout, stderr, calls: lines.map((line) => JSON.parse(line) as Call) };
  }
  const make = (target: string, variables: readonly string[] = [], more = {}) =>
    run('make', ['-s', '--old-file=node_modules/.installed', target, ...variables], more);
  const program = (...args: string[]) => run(process.execPath, ['kustomize/install.ts', ...args]);
  const inputOf = (calls: readonly Call[], verb: string): string =>
    calls.find(({ args }) => args[0] === verb)?.input ?? '';

  it('apply the overlay cluster as it is rendered, with the images that make docker-build makes', () => {
    const { status, stdout, stderr, calls } = make('install');
    expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: 'told to apply\n', stderr: '' });
    expect(calls.map(({ args: [verb] }) => verb)).to.deep.equal(['kustomize', 'apply']);
    const [render, apply] = calls;
    const { resources, images, patches } = parse(render?.kustomization ?? '');
    expect(resources).to.deep.equal(['../../kustomize/overlays/cluster']);
    expect(images).to.deep.equal([
      { name: 'canary-analysis-operator', newName: 'canary-analysis-operator', newTag: TAG },
      { name: 'canary-analysis-plugin', newName: 'canary-analysis-plugin', newTag: TAG },
    ]);
    expect(patches).to.have.lengthOf(1);
    expect(apply?.args).to.deep.equal([...APPLY, '-f', '-']);
    expect(apply?.input).to.equal(readFileSync(join(ROOT, 'manifests/cluster.yaml'), 'utf8'));
    expect(existsSync(render?.args[1] ?? ''), 'the folder that was rendered').to.equal(false);
  });

  it('take every image from a registry, a digest for one, and a namespace', () => {
    const registry = 'REGISTRY=registry.example.com:5000/team/';
    const one = `IMG=registry.example.com/own/operator@${DIGEST}`;
    const variables = [registry, one, 'OVERLAY=namespaced', 'NAMESPACE=shop'];
    const { status, calls } = make('install', variables, { bundle: 'namespaced' });
    expect(status).to.equal(0);
    const kustomization = calls.map((call) => call.kustomization).find((text) => text.includes('newName'));
    const { namespace, resources, images, patches } = parse(kustomization ?? '');
    expect({ namespace, resources }).to.deep.equal({
      namespace: 'shop',
      resources: ['../../kustomize/overlays/namespaced'],
    });
    expect(images).to.deep.equal([
      { name: 'canary-analysis-operator', newName: 'registry.example.com/own/operator', digest: DIGEST },
      {
        name: 'canary-analysis-plugin',
        newName: 'registry.example.com:5000/team/canary-analysis-plugin',
        newTag: TAG,
      },
    ]);
    const [{ target, patch }] = patches;
    expect(target).to.deep.equal({ kind: 'RolloutManager' });
    expect(parse(patch).map(({ value }: { value: string }) => value)).to.deep.equal([
      'registry.example.com:5000/team/argo-rollouts-metric-ai',
      `${ROLLOUTS_RELEASES['1.10']}-${TAG}`,
    ]);
  });

  it('say so where no image that was named stands in what is installed', () => {
    const bundle = { bundle: 'argo-cd' };
    expect(make('install', ['OVERLAY=argo-cd'], bundle).stderr).to.contain('runs no image itself');
  });

  it('delete neither the definition nor what is joined, unless CRDS=yes asks for the definition', () => {
    const deleted = (variables: readonly string[]): string[] => {
      const { status, calls } = make('uninstall', variables);
      expect(status).to.equal(0);
      const { items } = JSON.parse(inputOf(calls, 'delete')) as { items: BundleObject[] };
      rmSync(join(folder, 'calls'));
      return items.map(({ kind }) => kind);
    };
    const kinds = deleted([]);
    expect(kinds).to.include.members(['Namespace', 'Deployment', 'ClusterRole']);
    expect(kinds).not.to.include('CustomResourceDefinition');
    expect(deleted(['CRDS=yes'])).to.have.members([...kinds, 'CustomResourceDefinition']);
  });

  it('ask nothing of a cluster when CRDS says anything else', () => {
    for (const target of ['install', 'uninstall']) {
      const { status, stderr, calls } = make(target, ['CRDS=true']);
      expect(status).not.to.equal(0);
      expect(stderr).to.contain('CRDS is "true": say CRDS=yes');
      expect(calls).to.deep.equal([]);
    }
    expect(make('install', ['CRDS=yes']).stderr).to.contain('is for uninstall alone: leave it out');
  });

  for (const [mistake, args, says] of [
    ['no command', [], 'say install or uninstall: node kustomize/install.ts --help'],
    ['another command', ['remove'], 'say install or uninstall, not remove: node kustomize/install.ts --help'],
    ['more than a command', ['install', 'cluster'], 'nothing goes after install, but there is cluster'],
    ['an unknown option', ['install', '--registry=r/'], "Unknown option '--registry': node kustomize"],
    ['an option without its value', ['install', '--overlay'], 'argument missing: node kustomize'],
    ['an empty image', ['install', '--image='], 'IMG (--image) is empty: name an image as NAME:TAG'],
    ['an image without version', ['install', '--plugin-image=plugin'], 'PLUGIN_IMG (--plugin-image): plugin'],
    ['the newest image', ['install', '--rollouts-image=a:latest'], 'name a version or a digest'],
    ['a bad namespace', ['install', '--namespace=My_Shop'], 'NAMESPACE (--namespace) is "My_Shop"'],
    ['a path for an overlay', ['install', '--overlay=../base'], 'name a folder of kustomize/overlays'],
    [
      'an unknown overlay',
      ['install', '--overlay=clutser'],
      /^there is no overlay clutser: name one of .*cluster.*namespaced/,
    ],
    [
      'a namespace for parts in two',
      ['install', '--namespace=shop'],
      'the overlay cluster has parts in argo-rollouts and canary-analysis, and NAMESPACE',
    ],
    ['the definition at an install', ['install', '--crds'], 'is for uninstall alone: leave it out'],
  ] as const) {
    it(`refuse ${mistake}, and say what to do`, () => {
      const { status, stdout, stderr, calls } = program(...args);
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
      if (typeof says === 'string') expect(stderr).to.contain(says);
      else expect(stderr).to.match(says);
      expect(stderr.trim().split('\n'), 'a sentence, no stack').to.have.lengthOf(1);
      expect(calls.filter(({ args: [verb] }) => verb !== 'kustomize')).to.deep.equal([]);
    });
  }

  it('say what to do without kubectl, and pass on what a kubectl says that fails', () => {
    const none = make('install', [], { env: { KUBECTL: join(folder, 'nothing') } });
    expect(none.status).not.to.equal(0);
    expect(none.stderr).to.contain('install it, or name it with KUBECTL=FILE');
    const failed = make('install', [], { env: { FAILS: 'apply' } });
    expect(failed.status).not.to.equal(0);
    expect(failed.stderr)
      .to.contain('the server says no')
      .and.to.contain('kubectl apply ended with exit code 3');
  });

  it('list their options when asked', () => {
    const { status, stdout } = program('--help');
    expect(status).to.equal(0);
    for (const option of ['overlay', 'namespace', 'crds', 'image', 'plugin-image', 'rollouts-image'])
      expect(stdout).to.contain(`--${option}`);
  });
});
