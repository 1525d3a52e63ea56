import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { buildGoProgram, type GoProgram } from '../lab/control-plane/go-build.ts';
import { controlPlanePrograms, KUBERNETES_VERSION } from '../lab/control-plane/programs.ts';
import { failureOf } from '../support/promises.ts';

/** What these tests change in the environment, and put back. */
const CHANGED = ['GOCACHE', 'KUBEBUILDER_ASSETS', 'PATH', 'XDG_CACHE_HOME'];

const HELLO = 'package main\n\nvar greeting = "unset"\n\nfunc main() { print(greeting) }\n';

describe('the programs of the real lab', function () {
  this.timeout('30m');
  let folder: string;
  const environment = { ...process.env };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'go-build-'));
  });
  afterEach(async () => {
    for (const name of CHANGED) {
      const value = environment[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(folder, { recursive: true, force: true });
  });

  async function helloProgram(source: string): Promise<GoProgram> {
    process.env['GOCACHE'] ??= (await promisify(execFile)('go', ['env', 'GOCACHE'])).stdout.trim();
    process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
    const module = join(folder, 'hello');
    await mkdir(module, { recursive: true });
    await writeFile(join(module, 'go.mod'), 'module hello\n\ngo 1.26\n');
    await writeFile(join(module, 'main.go'), source);
    return { name: 'hello', module, package: '.', about: 'a greeting', stamp: { 'main.greeting': 'hello' } };
  }

  it('are built once, announced, and taken from the cache afterwards', async () => {
    const lines: string[] = [];
    const program = await helloProgram(HELLO);
    const path = await buildGoProgram(program, (line) => lines.push(line));
    expect((await promisify(execFile)(path)).stderr).to.equal('hello');
    expect(lines[0]).to.match(/^building a greeting; once/);
    expect(lines.at(-1)).to.match(/^built hello in \d+ s$/);

    const again: string[] = [];
    expect(await buildGoProgram(program, (line) => again.push(line))).to.equal(path);
    expect(again).to.deep.equal([]);
    const other = await helloProgram(`${HELLO}\n// changed\n`);
    expect(await buildGoProgram(other, () => undefined)).not.to.equal(path);
  });

  it('are not there, and the reason is, where they do not compile', async () => {
    const program = await helloProgram('package main\n\nfunc main() { undefinedName() }\n');
    const { message } = await failureOf(buildGoProgram(program, () => undefined));
    expect(message).to.match(/go build of hello failed \(exit 1\):[\s\S]*undefined: undefinedName/);
    expect(await readdir(join(folder, 'cache', 'canary-analysis'))).to.deep.equal([]);
  });

  it('are given up when the one who waits gives up', async () => {
    const program = await helloProgram(HELLO);
    const { name } = await failureOf(buildGoProgram(program, () => undefined, AbortSignal.abort()));
    expect(name).to.equal('AbortError');
    expect(await readdir(join(folder, 'cache', 'canary-analysis'))).to.deep.equal([]);
  });

  it('say what to install where there is no Go', async () => {
    const program = await helloProgram(HELLO);
    process.env['PATH'] = '/nowhere';
    const { message } = await failureOf(buildGoProgram(program, () => undefined));
    expect(message).to.equal(
      'hello is built from source and there is no Go: install Go 1.26 or later (https://go.dev/dl)',
    );
  });

  describe('with KUBEBUILDER_ASSETS', () => {
    it('come from that folder', async () => {
      const { kubectl } = await controlPlanePrograms((line) => process.stdout.write(`    ${line}\n`));
      for (const name of ['etcd', 'kube-apiserver', 'kubectl'])
        await writeFile(join(folder, name), `#!/bin/sh\nexec ${kubectl.file} ${name} "$@"\n`, {
          mode: 0o755,
        });
      process.env['KUBEBUILDER_ASSETS'] = folder;
      const programs = await controlPlanePrograms(() => undefined);
      expect(programs.etcd).to.deep.equal({ file: join(folder, 'etcd'), args: [] });
      expect(programs.apiServer).to.deep.equal({ file: join(folder, 'kube-apiserver'), args: [] });
      const { stdout } = await promisify(execFile)(programs.kubectl.file, ['version', '--client']);
      expect(stdout).to.contain(KUBERNETES_VERSION);
    });

    it('are built all the same for what that folder never holds, and need Go, which is said', async () => {
      for (const name of ['etcd', 'kube-apiserver', 'kubectl']) await writeFile(join(folder, name), '');
      process.env['KUBEBUILDER_ASSETS'] = folder;
      process.env['PATH'] = '/nowhere';
      const { message } = await failureOf(controlPlanePrograms(() => undefined));
      expect(message).to.equal(
        'KUBEBUILDER_ASSETS has etcd, kube-apiserver and kubectl, but no kube-controller-manager. ' +
          'It is built from source and there is no Go: install Go 1.26 or later (https://go.dev/dl)',
      );
    });

    it('are missed by name where that folder lacks one', async () => {
      await writeFile(join(folder, 'etcd'), '');
      process.env['KUBEBUILDER_ASSETS'] = folder;
      const { message } = await failureOf(controlPlanePrograms(() => undefined));
      expect(message).to.equal(
        `KUBEBUILDER_ASSETS is ${folder}, but ${join(folder, 'kube-apiserver')} is missing: complete that folder or unset the variable`,
      );
    });
  });
});
