import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { APPLY, type Kubectl, objectsOf } from './bundles.ts';
import { type InstallArguments, readArguments, Usage } from './install-arguments.ts';
import { uninstall } from './uninstall.ts';

const HELP = `Installs an overlay with kubectl into the cluster that it is set up for, or takes it out again.

  node kustomize/install.ts install|uninstall [--overlay NAME] [--namespace NAME] [--crds]
      [--image IMAGE] [--plugin-image IMAGE] [--rollouts-image IMAGE]

  --overlay NAME           a folder of kustomize/overlays; default: cluster
  --namespace NAME         for the overlay namespaced: where everything goes; uninstall keeps it
  --crds                   uninstall: also the CustomResourceDefinition, and with it every CanaryAnalysis
  --image IMAGE            of the operator, NAME:TAG or NAME@DIGEST
  --plugin-image IMAGE     that holds /metric-ai
  --rollouts-image IMAGE   of the controller with the plugin, for the overlay openshift-gitops

KUBECTL=FILE names another kubectl than the one on the PATH.`;

const root = join(import.meta.dirname, '..');
const overlays = join(root, 'kustomize', 'overlays');
const build = join(root, 'build');

async function main(args: string[]): Promise<void> {
  const wanted = readArguments(args);
  if (wanted === 'help') return void process.stdout.write(`${HELP}\n`);
  const rendered = await render(wanted);
  if (wanted.command === 'uninstall')
    return void process.stdout.write(await uninstall(kubectl, objectsOf(rendered), wanted));
  const named = [...Object.values(wanted.images), wanted.rolloutsImage].flatMap(
    (image) => image?.newName ?? [],
  );
  if (named.length > 0 && !named.some((name) => rendered.includes(`image: ${name}`)))
    process.stderr.write(
      `the overlay ${wanted.overlay} runs no image itself, so none that was named stands in it: docs/installation.md says where they go\n`,
    );
  process.stdout.write(await kubectl([...APPLY, '-f', '-'], rendered));
}

/** The overlay with the namespace and the images that were named. */
async function render(wanted: InstallArguments): Promise<string> {
  const overlay = join(overlays, wanted.overlay);
  if (!existsSync(join(overlay, 'kustomization.yaml')))
    throw new Usage(`there is no overlay ${wanted.overlay}: name one of ${overlayNames().join(', ')}`);
  if (wanted.namespace !== undefined) await requireOneNamespace(wanted.overlay);
  await mkdir(build, { recursive: true });
  // kustomize names what it builds on by a path relative to a folder.
  const folder = await mkdtemp(join(build, 'install-'));
  try {
    await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomizationOf(wanted, folder, overlay)));
    return await kubectl(['kustomize', folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function kustomizationOf(
  { namespace, images, rolloutsImage }: InstallArguments,
  folder: string,
  overlay: string,
): object {
  const { newName, newTag, digest = newTag } = rolloutsImage ?? {};
  const patch = stringify([
    { op: 'replace', path: '/spec/image', value: newName },
    // The operator of OpenShift GitOps takes a digest for the version, too.
    { op: 'replace', path: '/spec/version', value: digest },
  ]);
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...(namespace === undefined ? {} : { namespace }),
    resources: [relative(folder, overlay)],
    images: Object.entries(images).map(([name, image]) => ({ name, ...image })),
    patches: rolloutsImage === undefined ? [] : [{ target: { kind: 'RolloutManager' }, patch }],
  };
}

function overlayNames(): string[] {
  return globSync('**/kustomization.yaml', { cwd: overlays }).map(dirname).sort();
}

/** kustomize would move the parts of all namespaces into the one that is named, those of Argo Rollouts too. */
async function requireOneNamespace(overlay: string): Promise<void> {
  const objects = objectsOf(await kubectl(['kustomize', join(overlays, overlay)]));
  const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  if (names.size > 1)
    throw new Usage(
      `the overlay ${overlay} has parts in ${[...names].sort().join(' and ')}, and NAMESPACE (--namespace) would move them all: ` +
        'leave it out, or say OVERLAY=namespaced',
    );
}

/** Runs kubectl, which says by itself what is wrong. */
const kubectl: Kubectl = async (args, input = '') => {
  const child = spawn(process.env['KUBECTL'] || 'kubectl', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  // A kubectl that fails early reads no input.
  child.stdin.on('error', () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', () =>
      reject(new Usage('kubectl is not on the PATH: install it, or name it with KUBECTL=FILE')),
    );
    child.once('close', resolve);
  });
  if (code !== 0) {
    process.stdout.write(out);
    throw new Usage(
      `kubectl ${args.slice(0, 1).join(' ')} ended with exit code ${code}: what it says above is the cause`,
    );
  }
  return out;
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
