import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { ControlPlane } from '../../lab/control-plane/control-plane.ts';
import { controlPlanePrograms } from '../../lab/control-plane/programs.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/**
 * Runs a command of a guide as a person would, in a folder that looks like the repository's root and holds a file
 * `token.txt`, with the lab's cluster behind `kubectl`; make takes what is installed as it is.
 * @returns what it printed.
 */
export async function runCommand(
  lab: Pick<ControlPlane, 'directory' | 'kubeconfig'>,
  command: string,
): Promise<string> {
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
  const work = join(lab.directory, 'work');
  if (!existsSync(work)) {
    await mkdir(work);
    // A walk writes into the examples, a copy of them.
    await cp(join(ROOT, 'examples'), join(work, 'examples'), { recursive: true });
    for (const name of await readdir(ROOT))
      if (name !== 'examples') await symlink(join(ROOT, name), join(work, name));
    await writeFile(join(work, 'token.txt'), 'a token');
  }
  const env = {
    ...process.env,
    PATH: [bin, process.env['PATH']].join(delimiter),
    KUBECONFIG: lab.kubeconfig,
    HOME: lab.directory,
  };
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-eu', '-o', 'pipefail', '-c', command], {
    cwd: work,
    env,
    timeout: 240_000,
  });
  return stdout;
}
