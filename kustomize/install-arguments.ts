import { parseArgs } from 'node:util';
import { type ImageReference, parseImage } from './image-reference.ts';

const OPTIONS = {
  overlay: { type: 'string', default: 'cluster' },
  image: { type: 'string' },
  'plugin-image': { type: 'string' },
  'rollouts-image': { type: 'string' },
  namespace: { type: 'string' },
  crds: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const LISTED = 'node kustomize/install.ts --help lists what there is';

/** A mistake of who called; its message says what is wrong and what to do. */
export class Usage extends Error {}

/** What the command line asks for. */
export interface InstallArguments {
  readonly command: 'install' | 'uninstall';
  /** A folder below kustomize/overlays. */
  readonly overlay: string;
  /** Where everything goes; undefined: where the overlay says. */
  readonly namespace: string | undefined;
  /** What takes the place of the images that the manifests name. */
  readonly images: Readonly<Record<string, ImageReference>>;
  /** The controller with the plugin, for a RolloutManager. */
  readonly rolloutsImage: ImageReference | undefined;
  /** Whether uninstall deletes the CustomResourceDefinition, and with it every CanaryAnalysis. */
  readonly crds: boolean;
}

/**
 * Reads a command line.
 * @returns 'help' where that is what was asked for.
 * @throws Usage
 */
export function readArguments(args: readonly string[]): InstallArguments | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [command, ...more] = positionals;
  if (command !== 'install' && command !== 'uninstall')
    throw new Usage(`say install or uninstall${command === undefined ? '' : `, not ${command}`}: ${LISTED}`);
  if (more.length > 0) throw new Usage(`nothing goes after ${command}, but there is ${more[0]}: ${LISTED}`);
  if (command === 'install' && values.crds)
    throw new Usage('CRDS=yes (--crds) deletes the definition, so it is for uninstall alone: leave it out');
  const operator = imageOf('IMG (--image)', values.image);
  const plugin = imageOf('PLUGIN_IMG (--plugin-image)', values['plugin-image']);
  return {
    command,
    overlay: overlayOf(values.overlay),
    namespace: namespaceOf(values.namespace),
    images: {
      ...(operator === undefined ? {} : { 'canary-analysis-operator': operator }),
      ...(plugin === undefined ? {} : { 'canary-analysis-plugin': plugin }),
    },
    rolloutsImage: imageOf('ROLLOUTS_IMG (--rollouts-image)', values['rollouts-image']),
    crds: values.crds,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    const [sentence = ''] = (cause instanceof Error ? cause.message : String(cause)).split('. ');
    throw new Usage(`${sentence}: ${LISTED}`, { cause });
  }
}

function imageOf(option: string, text: string | undefined): ImageReference | undefined {
  if (text === undefined) return undefined;
  if (text === '') throw new Usage(`${option} is empty: name an image as NAME:TAG, or leave it out`);
  try {
    return parseImage(text);
  } catch (cause) {
    throw new Usage(`${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function overlayOf(text: string): string {
  if (!/^[a-z0-9-]+(\/[a-z0-9-]+)*$/.test(text))
    throw new Usage(
      `OVERLAY (--overlay) is ${JSON.stringify(text)}: name a folder of kustomize/overlays, as cluster`,
    );
  return text;
}

/** An RFC 1123 label, as the API server asks of a namespace; an empty one is none, for make always passes it on. */
function namespaceOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text))
    throw new Usage(
      `NAMESPACE (--namespace) is ${JSON.stringify(text)}: a namespace has at most 63 lower-case letters, digits and hyphens`,
    );
  return text;
}
