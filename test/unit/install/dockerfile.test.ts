import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { expect } from 'chai';
import packageJson from '../../../package.json' with { type: 'json' };
import { ROLLOUTS_RELEASES } from '../../lab/control-plane/programs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** One stage of the Dockerfile: what it begins from, and its instructions with their arguments. */
interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly (readonly [name: string, text: string])[];
}

function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const stages: { name: string; from: string; instructions: [string, string][] }[] = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const [, from = '', stage = ''] = /^(?:--platform=\S+ )?(\S+) AS (\S+)$/.exec(text) ?? [];
    if (name === 'FROM') stages.push({ name: stage, from, instructions: [] });
    else stages.at(-1)?.instructions.push([name, text]);
  }
  return stages;
}

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  const stages = stagesOf(dockerfile);
  const shipped = stages.filter(({ name }) => name !== 'system' && name !== 'build');
  const of = ({ instructions }: Stage, wanted: string): string[] =>
    instructions.filter(([name]) => name === wanted).map(([, text]) => text);

  it('has a target for each image', () => {
    expect(stages.map(({ name }) => name)).to.deep.equal([
      'system',
      'build',
      'operator',
      'plugin',
      'argo-rollouts',
    ]);
  });

  it('runs each image as a user that is a number and not root', () => {
    for (const stage of shipped)
      expect(
        of(stage, 'USER').map((user) => Number(user.split(':')[0])),
        stage.name,
      ).to.satisfy(([user, ...more]: number[]) => more.length === 0 && user !== undefined && user > 0);
  });

  it('runs nothing on the target platform, and so needs no emulation', () => {
    for (const stage of [...shipped, ...stages.filter(({ name }) => name === 'system')])
      expect(of(stage, 'RUN'), stage.name).to.deep.equal([]);
    expect(dockerfile).to.match(/^FROM --platform=\$BUILDPLATFORM \$\{NODE_IMAGE\} AS build$/m);
  });

  it('begins from images that a digest pins, and from one of a version that a release looks up', () => {
    const images = [...dockerfile.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)].map(([, name, image]) => [
      name,
      image,
    ]);
    expect(Object.fromEntries(images)).to.deep.equal({
      // A digest decides alone, so one that stays behind its tag would go unseen.
      NODE_IMAGE:
        'docker.io/library/node:24.21.0-bookworm@sha256:64af3819f9275802414d7cdc38c27e9d82bd564dec4d4da87d008255d36c63b4',
      RUNTIME_IMAGE:
        'gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f',
      ROLLOUTS_IMAGE: 'quay.io/argoproj/argo-rollouts:v1.10.1',
    });
    const used = stages.map(({ from }) => from).filter((from) => from !== 'scratch');
    expect(
      used.every((from) => /^\$\{\w+_IMAGE\}$/.test(from)),
      used.join(),
    ).to.equal(true);
  });

  it("takes the project's own Node, and the Argo Rollouts that is tested", () => {
    expect(dockerfile).to.contain(`/node:${packageJson.devDependencies.node}-`);
    expect(dockerfile).to.contain(`/argo-rollouts:${ROLLOUTS_RELEASES['1.10']}`);
    expect(read('Makefile')).to.contain(`ROLLOUTS_VERSION ?= ${ROLLOUTS_RELEASES['1.10']}`);
    expect(
      new Set([...dockerfile.matchAll(/^ARG VERSION=(.*)$/gm)].map(([, version]) => version)),
    ).to.deep.equal(new Set([packageJson.version]));
  });

  it('copies what is there, and what its build writes', () => {
    const written = new Set<string>(['/metric-ai', '/usr/local/bin/node']);
    for (const [, file = ''] of read('Makefile').matchAll(/--outfile=(build\/[\w-]+\.mjs)/g)) {
      written.add(`/src/${file}`).add(`/src/${file}.LEGAL.txt`);
    }
    const ignored = read('.dockerignore').split('\n');
    for (const { name, instructions } of stages) {
      for (const [, text] of instructions.filter(([instruction]) => instruction === 'COPY')) {
        const words = text.split(' ').filter((word) => !word.startsWith('--'));
        for (const source of words.slice(0, -1)) {
          if (text.startsWith('--from=')) expect(written.has(source), `${name}: ${source}`).to.equal(true);
          else {
            expect(existsSync(join(ROOT, source)), `${name}: ${source}`).to.equal(true);
            const path = source.replace('./', '');
            expect(
              ignored.some((line) => matchesGlob(path, line.replace('!', ''))),
              `.dockerignore: ${path}`,
            ).to.equal(true);
          }
        }
      }
    }
  });

  it('puts the worker and the command line beside the operator', () => {
    const operator = shipped.find(({ name }) => name === 'operator');
    const copied = (operator === undefined ? [] : of(operator, 'COPY')).join('\n');
    for (const name of ['operator', 'distill-worker', 'canary-analysis'])
      expect(copied).to.contain(`/src/build/${name}.mjs`);
    expect(operator?.instructions).to.deep.include([
      'ENTRYPOINT',
      '["/usr/local/bin/node", "/app/operator.mjs"]',
    ]);
  });

  it('starts the copy by the command that the kustomize component gives it', () => {
    const plugin = shipped.find(({ name }) => name === 'plugin');
    const words = ['ENTRYPOINT', 'CMD']
      .flatMap((name) => (plugin === undefined ? [] : of(plugin, name)))
      .flatMap((text) => JSON.parse(text) as string[]);
    const component = read('kustomize/components/argo-rollouts-plugin/controller/deployment.yaml');
    for (const word of words) expect(component).to.contain(word);
  });

  it('needs in its build only what is copied before: the bundles are made from it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dockerfile-'));
    try {
      const args = ['-s', '-n', '--old-file=node_modules/.installed', 'build'];
      const recipe = execFileSync('make', args, { cwd: ROOT, encoding: 'utf8' });
      const entries = [...recipe.matchAll(/ ((?:plugin|operator)\/[\w/-]+\.ts) --outfile/g)].map(
        ([, entry]) => entry ?? '',
      );
      expect(entries).to.have.lengthOf(4);
      const esbuild = join(ROOT, 'node_modules/.bin/esbuild');
      const meta = join(folder, 'meta.json');
      const flags = [
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--target=node22',
        '--log-level=error',
        `--metafile=${meta}`,
      ];
      execFileSync(esbuild, [...entries, ...flags, `--outdir=${folder}`], { cwd: ROOT });
      const inputs = Object.keys((JSON.parse(readFileSync(meta, 'utf8')) as { inputs: object }).inputs);
      const rooms = new Set(
        inputs.map((path) => path.split('/')[0]).filter((room) => !room?.startsWith('..')),
      );
      const copied = ['crds', 'plugin', 'operator', 'package.json', 'node_modules'];
      expect([...rooms].filter((room) => !copied.includes(room ?? ''))).to.deep.equal([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('make docker-build and docker-buildx', () => {
  const make = (target: string, ...more: string[]) =>
    spawnSync('make', ['-s', '--old-file=node_modules/.installed', target, ...more], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: '/nowhere:/usr/bin:/bin', DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });

  it('say what is missing where there is no Docker', () => {
    for (const answer of [make('docker-build'), make('docker-buildx', 'REGISTRY=registry.example.com/')]) {
      expect(answer.status).not.to.equal(0);
      expect(answer.stderr).to.match(
        /docker is not on the PATH: install|docker reaches no daemon: start one/,
      );
    }
  });

  it('ask where to push to', () => {
    const answer = make('docker-buildx');
    expect(answer.status).not.to.equal(0);
    expect(answer.stderr).to.contain('make docker-buildx REGISTRY=');
  });

  it('would build every target under the name that the manifests use', () => {
    const plan = make('docker-buildx', '-n', 'REGISTRY=registry.example.com/').stdout;
    expect(plan).to.contain(
      `operator=registry.example.com/canary-analysis-operator:${packageJson.version} ` +
        `plugin=registry.example.com/canary-analysis-plugin:${packageJson.version} ` +
        `argo-rollouts=registry.example.com/argo-rollouts-metric-ai:${ROLLOUTS_RELEASES['1.10']}-${packageJson.version}`,
    );
    expect(plan).to.contain('--provenance=mode=max --sbom=true').and.to.contain('linux/amd64,linux/arm64');
  });
});
