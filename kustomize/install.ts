import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { APPLY, type Kubectl, objectsOf } from './bundles.ts';
import { type ImageReference, parseImage } from './image-reference.ts';
import { uninstall } from './uninstall.ts';

const HELP = `Installs an overlay with kubectl into the cluster that it is set up for, or takes it out again.

  node kustomize/install.ts install|uninstall [--overlay NAME] [--image IMAGE] [--plugin-image IMAGE] [--namespace NAME] [--crds]

  --overlay NAME         a folder of kustomize/overlays; default: cluster
  --image IMAGE          of the operator, NAME:TAG or NAME@DIGEST
  --plugin-image IMAGE   that holds /metric-ai
  --namespace NAME       for the overlay namespaced: where everything goes; uninstall keeps it
  --crds                 uninstall: also the CustomResourceDefinition, and with it every CanaryAnalysis`;

const OPTIONS = {
  overlay: { type: 'string', default: 'cluster' },
  image: { type: 'string' },
  'plugin-image': { type: 'string' },
  namespace: { type: 'string' },
  crds: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const root = join(import.meta.dirname, '..');
const folder = join(root, 'build', 'install');

class Usage extends Error {}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = read(args);
  if (values.help) return void process.stdout.write(`${HELP}\n`);
  const [command, ...more] = positionals;
  if ((command !== 'install' && command !== 'uninstall') || more.length > 0)
    throw new Usage('say install or uninstall');
  await writeOverlay(values.overlay, values.namespace, {
    'canary-analysis-operator': imageOf(values.image),
    'canary-analysis-plugin': imageOf(values['plugin-image']),
  });
  if (command === 'install') process.stdout.write(await kubectl([...APPLY, '--kustomize', folder]));
  else {
    const objects = objectsOf(await kubectl(['kustomize', folder]));
    process.stdout.write(await uninstall(kubectl, objects, values));
  }
}

function read(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new Usage(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function imageOf(text: string | undefined): ImageReference | undefined {
  try {
    return text === undefined || text === '' ? undefined : parseImage(text);
  } catch (cause) {
    throw new Usage(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function writeOverlay(
  overlay: string,
  namespace: string | undefined,
  images: Readonly<Record<string, ImageReference | undefined>>,
): Promise<void> {
  if (!/^[a-z0-9-]+(\/[a-z0-9-]+)*$/.test(overlay)) throw new Usage(`${overlay} is no overlay`);
  const content = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    resources: [relative(folder, join(root, 'kustomize', 'overlays', overlay))],
    images: Object.entries(images).flatMap(([name, image]) =>
      image === undefined ? [] : [{ name, ...image }],
    ),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'kustomization.yaml'), stringify(content));
}

/** Runs kubectl, which says by itself what is wrong. */
const kubectl: Kubectl = async (args, input = '') => {
  const child = spawn(process.env['KUBECTL'] ?? 'kubectl', args, { stdio: ['pipe', 'pipe', 'inherit'] });
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
  if (code !== 0) throw new Usage(`kubectl ${args.slice(0, 1).join(' ')} ended with exit code ${code}`);
  return out;
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
