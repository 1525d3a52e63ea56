import type { Folder } from '../../../operator/bundle/index.ts';
import { SIDES, type Side } from '../../../operator/model.ts';
import { RawLines } from './raw-lines.ts';

/** A quote in a message, and who is said to have logged it. */
interface Quote {
  readonly text: string;
  readonly side: Side;
  /** How often, and in how many pods, where the message says so. */
  readonly times?: number;
  readonly pods?: number;
}

const QUOTE = /`([^`]+)`/g;
const COUNTED = /^(?: at `[^`]+`)?,? ([\d,]+) times? in (\d+) of/;
const OF_THEM = /([\d,]+) of them $/;
/** Names of pods end in what Kubernetes added to them. */
const POD = /\bpod ([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?-[a-z0-9.-]*[a-z0-9])/g;

/**
 * What messages name and their bundle lacks, held to the bundle's raw files and not to what was distilled from them: each
 * text in backticks must be in a raw line of the side that is said to have logged it, in as many lines and pods as the
 * message counts, or be a name in the bundle's JSON files; each pod must be one of its folders.
 */
export async function unfounded(messages: readonly string[], bundle: Folder): Promise<string[]> {
  if (!messages.some((message) => /`| pod [a-z0-9]/.test(message))) return [];
  const raw = await RawLines.of(bundle);
  const facts = await jsonFiles(bundle);
  const pods = await podNames(bundle);
  const missing = new Set<string>();
  for (const message of messages) {
    for (const [, name = ''] of message.matchAll(POD)) if (!pods.has(name)) missing.add(`pod ${name}`);
    for (const quote of quotesOf(message)) {
      if (isNamed(quote.text, facts)) continue;
      const why = lacking(quote, raw);
      if (why !== undefined) missing.add(`\`${quote.text}\` (${why})`);
    }
  }
  return [...missing];
}

function quotesOf(message: string): Quote[] {
  return [...message.matchAll(QUOTE)].map((match) => {
    const [all, text = ''] = match;
    const before = message.slice(0, match.index);
    const counted = COUNTED.exec(message.slice(match.index + all.length));
    const some = OF_THEM.exec(before)?.[1];
    const times = some ?? counted?.[1];
    return {
      text,
      side: /in other words, $|never logs $/.test(before) ? 'stable' : 'canary',
      ...(times === undefined ? {} : { times: Number(times.replaceAll(',', '')) }),
      ...(some !== undefined || counted === null ? {} : { pods: Number(counted[2]) }),
    };
  });
}

/** A template of several lines is told by its first; the others must be there, too. */
function lacking({ text, side, times = 1, pods = 1 }: Quote, raw: RawLines): string | undefined {
  const [first = '', ...rest] = text.split(' | ');
  const found = raw.holding(first, side);
  const lines = [...found.values()].reduce((sum, count) => sum + count, 0);
  if (lines < times) return `${times} on ${side}, in ${lines} raw lines`;
  if (found.size < pods) return `${pods} pods of ${side}, in the logs of ${found.size}`;
  const absent = rest.find((part) => raw.holding(part, side).size === 0);
  return absent === undefined ? undefined : `\`${absent}\` is in no raw line of ${side}`;
}

/** A field of the change, `containers[web].env[URL]`, or a name in it: every word of it is in a JSON file. */
function isNamed(text: string, facts: string): boolean {
  const words = text
    .replace(/…$/, '')
    .split(/[^\w-]+/)
    .filter((word) => word !== '');
  return /^[\w.[\]/-]+$/.test(text) && words.every((word) => facts.includes(word));
}

async function podNames(bundle: Folder): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const side of SIDES)
    for (const { name, type } of (await bundle.list(side)) ?? []) if (type === 'folder') names.add(name);
  return names;
}

async function jsonFiles(bundle: Folder): Promise<string> {
  const paths: string[] = [];
  const walk = async (dir: string): Promise<void> => {
    for (const { name, type } of (await bundle.list(dir)) ?? []) {
      const path = dir === '' ? name : `${dir}/${name}`;
      if (type === 'folder') await walk(path);
      else if (name.endsWith('.json') && name !== 'expected.json') paths.push(path);
    }
  };
  await walk('');
  const texts = await Promise.all(paths.map(async (path) => Buffer.from(await bundle.read(path)).toString()));
  return texts.join('\n');
}
