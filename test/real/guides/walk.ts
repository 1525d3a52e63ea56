import { chmod, cp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBundles } from '../../lab/bundles.ts';
import { rolloutsKubectlPlugin } from '../../lab/control-plane/programs.ts';
import { openShell, runIn, type Shell, type ShellLab } from '../installed/shell.ts';

/** How long a command that watches is let watch. */
const WATCH_SECONDS = 4;
/** What `timeout` ends with when it had to end the command (timeout(1)). */
const TIMED_OUT = 124;

/** The commands of one page, one after the other in one shell: what is exported stays so, and so does the folder. */
export interface Walk {
  /** The folder that stands for the repository's root. */
  readonly root: string;
  run(command: string): Promise<string>;
}

/**
 * Begins a walk through a page in a folder of its own. `kubectl argo rollouts` and `kubectl canary_analysis` are there; `oc` is
 * kubectl, which has the commands of it that are run, and `vi` changes nothing.
 */
export async function startWalk(lab: ShellLab, name: string): Promise<Walk> {
  const shell = await openShell(lab, `walk-${name}`);
  const { bin, cwd } = shell;
  const { file } = await rolloutsKubectlPlugin((line) => void process.stdout.write(`    ${line}\n`));
  await rm(join(bin, 'kubectl-argo-rollouts'), { force: true });
  await symlink(file, join(bin, 'kubectl-argo-rollouts'));
  await writeProgram(shell, 'oc', 'exec kubectl "$@"');
  await writeProgram(shell, 'vi', 'test -f "$1"');
  const judge = `exec node '${join(await buildBundles(), 'canary-analysis.mjs')}' "$@"`;
  for (const one of ['canary-analysis', 'kubectl-canary_analysis']) await writeProgram(shell, one, judge);
  const state = join(lab.directory, `walk-${name}.state`);
  await writeFile(state, '');
  return {
    root: cwd,
    run: (command) => {
      const lines = [
        `. '${state}'`,
        command.includes('--watch') ? watching(command) : command,
        `{ export -p; printf 'cd %q\\n' "$PWD"; } > '${state}'`,
      ];
      return runIn(shell, lines.join('\n'));
    },
  };
}

/** Makes the folder of a walk a clone of a fork: with a remote that takes what is pushed, and the repository's .gitignore. */
export async function makeFork(walk: Walk, lab: ShellLab): Promise<string> {
  const origin = join(lab.directory, 'fork.git');
  await rm(join(walk.root, '.gitignore'), { force: true });
  await cp(join(import.meta.dirname, '../../../.gitignore'), join(walk.root, '.gitignore'));
  await walk.run(
    [
      `git init --quiet --bare --initial-branch=main '${origin}'`,
      'git init --quiet --initial-branch=main',
      'git config user.name Reader && git config user.email reader@example.com',
      'git add .gitignore examples && git commit --quiet -m "The repository"',
      `git remote add origin '${origin}' && git push --quiet --set-upstream origin main`,
    ].join('\n'),
  );
  return origin;
}

function watching(command: string): string {
  return `status=0; timeout ${WATCH_SECONDS} ${command} || status=$?; test $status = ${TIMED_OUT}`;
}

async function writeProgram({ bin }: Shell, name: string, script: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
}
