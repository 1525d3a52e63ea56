import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { controlPlanePrograms } from '../test/lab/control-plane/programs.ts';
import { BUNDLES, type Kubectl, renderBundle } from './bundles.ts';

const HELP = `Writes the bundles in manifests/ from the kustomizations.

  node kustomize/render.ts [--check]

  --check   write nothing; exit with 1 when a bundle is stale

kubectl is the one that KUBECTL names, or the one on the PATH, or the one that the lab builds (needs Go).`;

const root = join(import.meta.dirname, '..');

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const check = args.includes('--check');
  const kubectl = await findKubectl();
  const stale: string[] = [];
  for (const name of Object.keys(BUNDLES)) {
    const file = join(root, 'manifests', `${name}.yaml`);
    const text = await renderBundle(kubectl, root, name);
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
    stale.push(`manifests/${name}.yaml`);
    if (!check) await writeFile(file, text);
  }
  if (check && stale.length > 0)
    process.stderr.write(`stale: ${stale.join(', ')}: run make manifests and commit the result\n`);
  else process.stdout.write(stale.map((file) => `wrote ${file}\n`).join('') || 'manifests/ is up to date\n');
  return check && stale.length > 0 ? 1 : 0;
}

async function findKubectl(): Promise<Kubectl> {
  const run = promisify(execFile);
  const given = process.env['KUBECTL'] ?? 'kubectl';
  const found = await run(given, ['version', '--client']).then(
    () => true,
    () => false,
  );
  const { file, args: first } = found
    ? { file: given, args: [] }
    : (await controlPlanePrograms((line) => process.stderr.write(`${line}\n`))).kubectl;
  return async (args) => (await run(file, [...first, ...args], { maxBuffer: 2 ** 26 })).stdout;
}

process.exitCode = await main(process.argv.slice(2));
