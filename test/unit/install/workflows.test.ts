import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ROLLOUTS_RELEASES } from '../../lab/control-plane/programs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILES = globSync('{.github,examples/**/.github}/workflows/*.{yml,yaml}', { cwd: ROOT }).sort();

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const workflow = (name: string): Workflow => parse(read(`.github/workflows/${name}.yaml`)) as Workflow;
const makeTargets = new Set(
  [...read('Makefile').matchAll(/^([a-z][a-z0-9-]*):/gm)].map(([, target]) => target),
);

describe('the workflows', () => {
  it('name every action by the digest of a commit, with its version beside it, examples too', () => {
    const examples = globSync('examples/**/github-actions/*.yaml', { cwd: ROOT });
    const uses = [...FILES, ...examples].flatMap((path) =>
      [...read(path).matchAll(/^.*\buses:.*$/gm)].map(([line]) => `${path}: ${line.trim()}`),
    );
    expect(uses.length).to.be.greaterThan(8);
    const loose = uses.filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line));
    expect(loose).to.deep.equal([]);
  });

  it('take one version of an action everywhere', () => {
    const digests = new Map<string, Set<string>>();
    for (const path of FILES)
      for (const [, action = '', digest = ''] of read(path).matchAll(/uses: ([\w./-]+)@(\w+)/g))
        digests.set(action, (digests.get(action) ?? new Set()).add(digest));
    expect([...digests].filter(([, found]) => found.size > 1).map(([action]) => action)).to.deep.equal([]);
  });

  it('may only read unless a job says why', () => {
    for (const path of FILES) {
      const { permissions, jobs } = parse(read(path)) as Workflow;
      expect(permissions, path).to.deep.equal({ contents: 'read' });
      for (const [name, job] of Object.entries(jobs)) {
        expect(job['timeout-minutes'], `${path}: ${name}`).to.be.a('number');
        const writes = Object.entries(job.permissions ?? {}).filter(([, right]) => right === 'write');
        const allowed = name === 'images' ? ['packages', 'id-token'] : [];
        expect(
          writes.map(([scope]) => scope),
          `${path}: ${name}`,
        ).to.have.members(allowed);
      }
    }
  });

  it('put no expression into a shell: a branch may be called anything', () => {
    for (const path of FILES)
      for (const { steps } of Object.values((parse(read(path)) as Workflow).jobs))
        for (const { run = '' } of steps) expect(run, path).not.to.contain('${{');
  });

  it('run make targets that exist', () => {
    const commands = Object.values(workflow('ci').jobs).flatMap(({ steps }) =>
      steps.flatMap(({ run = '' }) => /^make ([a-z0-9-]+)$/.exec(run)?.[1] ?? []),
    );
    expect(commands).to.deep.equal(['lint', 'test', 'test-e2e']);
    expect(commands.filter((target) => !makeTargets.has(target))).to.deep.equal([]);
  });

  it('test every supported minor of Argo Rollouts', () => {
    const { matrix } = workflow('ci').jobs['e2e']?.strategy ?? { matrix: {} };
    expect(matrix['rollouts']).to.deep.equal(Object.keys(ROLLOUTS_RELEASES));
  });

  it('release every target of the Dockerfile, with an inventory, provenance and a signature', () => {
    const targets = [...read('Dockerfile').matchAll(/^FROM .* AS ([\w-]+)$/gm)].map(([, name]) => name);
    const { matrix } = workflow('release').jobs['images']?.strategy ?? { matrix: {} };
    const released = (matrix['include'] as { target: string }[]).map(({ target }) => target);
    expect(released).to.deep.equal(targets.filter((name) => name !== 'system' && name !== 'build'));
    const text = read('.github/workflows/release.yaml');
    for (const word of ['sbom: true', 'provenance: mode=max', 'cosign sign', 'linux/amd64,linux/arm64'])
      expect(text).to.contain(word);
  });
});
