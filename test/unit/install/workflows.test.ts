import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { ROLLOUTS_RELEASES } from '../../lab/control-plane/programs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FILES = globSync('{.github,examples/**/.github}/workflows/*.{yml,yaml}', { cwd: ROOT }).sort();
const EXAMPLES = globSync('examples/**/github-actions/*.yaml', { cwd: ROOT });

interface Job {
  /** Another workflow, of which the job is a call; it has no steps then. */
  readonly uses?: string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps?: readonly { readonly id?: string; readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
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
    const uses = [...FILES, ...EXAMPLES].flatMap((path) =>
      [...read(path).matchAll(/^.*\buses:.*$/gm)].map(([line]) => `${path}: ${line.trim()}`),
    );
    expect(uses.length).to.be.greaterThan(8);
    const loose = uses.filter(
      (line) =>
        !/uses: \.\/\.github\/workflows\/[\w-]+\.yaml$|uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(
          line,
        ),
    );
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
        if (job.uses === undefined) expect(job['timeout-minutes'], `${path}: ${name}`).to.be.a('number');
        const writes = Object.entries(job.permissions ?? {}).filter(([, right]) => right === 'write');
        const publishes = path.endsWith('/release.yaml') && name === 'images';
        const allowed = publishes ? ['packages', 'id-token'] : [];
        expect(
          writes.map(([scope]) => scope),
          `${path}: ${name}`,
        ).to.have.members(allowed);
      }
    }
  });

  it('of the examples install where any user may write, and say so to the next step', () => {
    const [path = ''] = EXAMPLES.filter((name) => name.endsWith('/deploy.yaml'));
    const steps = Object.values((parse(read(path)) as Workflow).jobs).flatMap(({ steps = [] }) => steps);
    const installs = steps.filter(({ run = '' }) => /\binstall -/.test(run));
    expect(installs).to.have.lengthOf(1);
    for (const { run = '' } of steps) expect(run).not.to.match(/\s\/(usr|opt|bin|etc)\b|\bsudo\b/);
    const folder = mkdtempSync(join(tmpdir(), 'workflow-'));
    try {
      const plugin = '#!/bin/sh\necho the plugin\n';
      const digest = createHash('sha256').update(plugin).digest('hex');
      const name = 'kubectl-argo-rollouts-linux-amd64';
      writeFileSync(
        join(folder, 'curl'),
        `#!/bin/sh\nprintf '${plugin.replaceAll('\n', '\\n')}' > ${name}\necho '${digest}  ${name}' > argo-rollouts-checksums.txt\n`,
        { mode: 0o755 },
      );
      const paths = join(folder, 'paths');
      const env = {
        PATH: `${folder}${delimiter}${process.env['PATH']}`,
        RUNNER_TEMP: folder,
        GITHUB_PATH: paths,
        ROLLOUTS: 'v0',
      };
      execFileSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', installs[0]?.run ?? ''], {
        env,
        stdio: 'pipe',
      });
      const next = { ...env, PATH: `${readFileSync(paths, 'utf8').trim()}${delimiter}/usr/bin:/bin` };
      expect(`${execFileSync('bash', ['--norc', '-c', 'kubectl-argo-rollouts'], { env: next })}`).to.equal(
        'the plugin\n',
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('put no expression into a shell: a branch may be called anything', () => {
    for (const path of [...FILES, ...EXAMPLES])
      for (const { steps = [] } of Object.values((parse(read(path)) as Workflow).jobs))
        for (const { run = '' } of steps) expect(run, path).not.to.contain('${{');
  });

  it('run make targets that exist', () => {
    const commands = Object.values(workflow('ci').jobs).flatMap(({ steps = [] }) =>
      steps.flatMap(({ run = '' }) => /^make ([a-z0-9-]+)( [A-Z_]+=\S+)*$/.exec(run)?.[1] ?? []),
    );
    expect(commands).to.deep.equal(['lint', 'test', 'test-github', 'docker-build', 'test-e2e']);
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

  it('count a skipped test as a failure, and make possible what tests would skip for', () => {
    const { env, jobs } = workflow('ci');
    expect(env).to.deep.equal({ FORBID_SKIPPED: 'yes' });
    for (const target of ['test', 'test-e2e']) {
      const args = ['-n', '--old-file=node_modules/.installed', target];
      const plan = (value: string): string =>
        execFileSync('make', args, {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, FORBID_SKIPPED: value },
        });
      expect(plan('yes')).to.match(/test\/run\.ts --forbid-skipped /);
      expect(plan('')).not.to.contain('--forbid-skipped');
      const job = Object.values(jobs).find(({ steps = [] }) =>
        steps.some(({ run }) => run === `make ${target}`),
      );
      const runs = job?.steps?.map(({ run }) => run) ?? [];
      const allowed = runs.indexOf('sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0');
      expect(allowed, target).to.be.within(0, runs.indexOf(`make ${target}`));
    }
  });

  it('publish nothing that lint and tests have not passed', () => {
    expect(Object.keys(workflow('ci').on)).to.include.members(['workflow_call', 'pull_request']);
    const { jobs } = workflow('release');
    expect(jobs['ci']?.uses).to.equal('./.github/workflows/ci.yaml');
    for (const [name, { needs }] of Object.entries(jobs))
      if (name !== 'ci') expect(needs, name).to.equal('ci');
  });

  /** Runs a step of the images' job as the runner would, with a docker that a shell script stands for. */
  function runStep(
    step: string,
    env: Readonly<Record<string, string>>,
    docker = 'exit 1',
    name: 'ci' | 'release' = 'release',
  ) {
    const { run = '' } = workflow(name).jobs['images']?.steps?.find(({ id }) => id === step) ?? {};
    expect(run, step).not.to.equal('');
    const folder = mkdtempSync(join(tmpdir(), 'workflow-'));
    try {
      const file = join(folder, 'output');
      writeFileSync(file, '');
      writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${docker}\n`, { mode: 0o755 });
      const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', run], {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: [folder, process.env['PATH']].join(delimiter), GITHUB_OUTPUT: file, ...env },
      });
      return { status, stdout, stderr, output: readFileSync(file, 'utf8') };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  describe('start the images of a pull request', () => {
    const start = (user: string, run = 'true') =>
      runStep('start', {}, `case $1 in run) echo "$*" && ${run} ;; image) echo '${user}' ;; esac`, 'ci');
    const steps = workflow('ci').jobs['images']?.steps?.flatMap(({ run = '' }) => run) ?? [];

    it('all that make docker-build makes, without rights and on a read-only root', () => {
      const named = [...steps.join('\n').matchAll(/_?IMG=(\S+)/g)].map(([, image = '']) => image);
      expect(named).to.have.lengthOf(3);
      const { status, stdout } = start('65532:65532');
      expect(status).to.equal(0);
      const started = stdout.trim().split('\n');
      for (const image of named) expect(started.filter((line) => line.includes(` ${image}`))).not.to.be.empty;
      for (const line of started) expect(line).to.contain('--read-only --cap-drop ALL');
    });

    it('and fail for one that does not start, or runs as root', () => {
      expect(start('65532', 'false').status).not.to.equal(0);
      for (const user of ['', '0', '0:0', 'root', 'nonroot']) {
        const { status, stderr } = start(user);
        expect(status, user).to.equal(1);
        expect(stderr).to.contain(`runs as '${user}'`);
      }
    });
  });

  describe('build from base images', () => {
    const bases = [...read('Dockerfile').matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gm)].map(
      ([, name = '', image = '']) => ({
        name,
        image,
      }),
    );
    const today = `sha256:${'f'.repeat(64)}`;
    const inspect = (image: string): string =>
      `[ "$*" = "buildx imagetools inspect ${image} --format {{ .Manifest.Digest }}" ]`;

    it('by the digests of the Dockerfile, and by the one of today where it has none', () => {
      const docker = bases.map(({ image }) => {
        const [tag = '', digest = today] = image.split('@');
        return `${inspect(tag)} && echo ${digest} && exit`;
      });
      const { status, stdout, output } = runStep('bases', {}, `${docker.join('\n')}\nexit 1`);
      expect(status).to.equal(0);
      const due = bases.map(
        ({ name, image }) => `${name}=${image.includes('@') ? image : `${image}@${today}`}\n`,
      );
      expect(due.filter((line) => line.includes(today))).to.have.lengthOf(1);
      expect(output).to.equal(due.join(''));
      expect(stdout, 'what it builds from is printed').to.equal(output);
    });

    it('of which it says when a tag has moved, and keeps what is pinned', () => {
      const { status, stdout, output } = runStep('bases', {}, `echo ${today}`);
      expect(status).to.equal(0);
      for (const { name, image } of bases.filter((base) => base.image.includes('@'))) {
        const [tag, digest] = image.split('@');
        expect(output).to.contain(`${name}=${image}\n`);
        expect(stdout).to.contain(
          `::notice title=${name}::${tag} is ${today} now, the Dockerfile pins ${digest}\n`,
        );
      }
    });

    it('or from none at all where a registry does not answer', () => {
      expect(runStep('bases', {}, 'exit 1').status).not.to.equal(0);
    });

    it('that the step looked up', () => {
      const text = read('.github/workflows/release.yaml');
      for (const { name } of bases) expect(text).to.contain(`${name}=\${{ steps.bases.outputs.${name} }}\n`);
    });
  });

  describe('name images', () => {
    const { version } = packageJson;
    const sha = '0123456789abcdef0123456789abcdef01234567';
    const images = (workflow('release').jobs['images']?.strategy?.matrix['include'] ?? []) as {
      target: string;
      image: string;
    }[];

    function names(target: string, image: string, ref: { type: string; name: string }) {
      const { status, stderr, output } = runStep('names', {
        GITHUB_SHA: sha,
        REPOSITORY: 'Acme/Canary',
        IMAGE: image,
        TARGET: target,
        REF_TYPE: ref.type,
        REF_NAME: ref.name,
      });
      const text = status === 0 ? output : '';
      return { status, stderr, text, tags: /tags<<END\n(.*)\nEND/s.exec(text)?.[1]?.split('\n') ?? [] };
    }

    it('by the rule of the Makefile, which the manifests name', () => {
      const args = [
        '-s',
        '-n',
        '--old-file=node_modules/.installed',
        'docker-buildx',
        'REGISTRY=ghcr.io/acme/canary/',
      ];
      const plan = execFileSync('make', args, { cwd: ROOT, encoding: 'utf8' });
      for (const { target, image } of images) {
        const { tags, text } = names(target, image, { type: 'tag', name: `v${version}` });
        const released = tags.find((tag) => !tag.endsWith(sha)) ?? '';
        expect(plan).to.contain(`${target}=${released}`);
        expect(text).to.contain(`\nversion=${version}\n`);
        const tag = released.replace(/.*:/, '');
        if (target === 'argo-rollouts') {
          for (const path of [
            'manifests/openshift-gitops.yaml',
            'kustomize/overlays/openshift-gitops/rollout-manager.yaml',
          ])
            expect(read(path)).to.contain(`image: ${image}\n`).and.to.contain(`version: ${tag}\n`);
        } else expect(read('manifests/cluster.yaml')).to.contain(`image: ${image}:${tag}\n`);
      }
      expect(read('.github/workflows/release.yaml')).to.match(
        /^ +VERSION=\$\{\{ steps\.names\.outputs\.version \}\}$/m,
      );
    });

    it('of a commit by its digest in the place of the version', () => {
      const of = (target: string) => names(target, 'one', { type: 'branch', name: 'main' }).tags;
      expect(of('operator')).to.deep.equal([`ghcr.io/acme/canary/one:${sha}`]);
      expect(of('argo-rollouts')).to.deep.equal([
        `ghcr.io/acme/canary/one:${ROLLOUTS_RELEASES['1.10']}-${sha}`,
      ]);
    });

    it('of no tag that says another version than the manifests', () => {
      const { status, stderr } = names('operator', 'one', { type: 'tag', name: 'v99.0.0' });
      expect(status).to.equal(1);
      expect(stderr).to.contain(`package.json says ${version}`);
    });
  });
});
