import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { ControlPlane } from '../../lab/control-plane/control-plane.ts';
import { controlPlanePrograms } from '../../lab/control-plane/programs.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** A cluster of the lab, as far as a shell needs to know it. */
export type ShellLab = Pick<ControlPlane, 'directory' | 'kubeconfig'>;

/** A folder to work in and an environment. */
export interface Shell {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** A folder on the path, for more programs. */
  readonly bin: string;
}

/**
 * Runs a command of a guide as a person would, in a folder that looks like the repository's root and holds a file
 * `token.txt`, with the lab's cluster behind `kubectl`; make takes what is installed as it is.
 * @returns what it printed.
 */
export async function runCommand(lab: ShellLab, command: string): Promise<string> {
  return await runIn(await openShell(lab, 'work'), command);
}

/** Runs a command in bash, which gives up at the first failure. */
export async function runIn({ cwd, env }: Shell, command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-eu', '-o', 'pipefail', '-c', command], {
    cwd,
    env,
    timeout: 240_000,
  });
  return stdout;
}

/** Makes what {@link runCommand} says where it is not there yet; editors change nothing. */
export async function openShell(lab: ShellLab, folder: string): Promise<Shell> {
  const bin = join(lab.directory, 'bin');
  const { file, args } = (await controlPlanePrograms(() => undefined)).kubectl;
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec '${file}' ${args.join(' ')} "$@"\n`);
  await chmod(join(bin, 'kubectl'), 0o755);
  await writeFile(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  await chmod(join(bin, 'node'), 0o755);
  const make = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((path) => join(path, 'make'))
    .find(existsSync);
  await writeFile(join(bin, 'make'), `#!/bin/sh\nexec '${make}' --old-file=node_modules/.installed "$@"\n`);
  await chmod(join(bin, 'make'), 0o755);
  const cwd = join(lab.directory, folder);
  if (!existsSync(cwd)) {
    await mkdir(cwd);
    // A walk writes into the examples, a copy of them.
    await cp(join(ROOT, 'examples'), join(cwd, 'examples'), { recursive: true });
    for (const name of await readdir(ROOT))
      if (name !== 'examples' && name !== '.git') await symlink(join(ROOT, name), join(cwd, name));
    await writeFile(join(cwd, 'token.txt'), 'a token');
  }
  const env = {
    ...process.env,
    PATH: [bin, process.env['PATH']].join(delimiter),
    KUBECONFIG: lab.kubeconfig,
    HOME: lab.directory,
    KUBE_EDITOR: 'true',
  };
  return { cwd, env, bin };
}
