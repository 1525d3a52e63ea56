import type { ChangeItem } from '../model.ts';
import type { Draft } from './findings/draft.ts';
import { cut } from './findings/wording.ts';
import type { JudgeInput } from './input.ts';
import { quantity } from './quantity.ts';

/** Items of the change named with one finding. */
const MOST_ITEMS = 2;
const LONGEST_MESSAGE = 1024;
/** A name shorter than this is found in any text. */
const SHORTEST_NAME = 3;

type Explains = (item: ChangeItem, draft: Draft, input: JudgeInput) => boolean;

/** What in the change of the pod template explains which kinds of finding, besides names that they quote. */
const BY_KIND: Readonly<Record<string, Explains>> = {
  ImagePull: (item, draft) => isField(item, draft, 'image'),
  ContainerConfig: isCommand,
  CrashLoop: (item, draft, input) => isCommand(item, draft) || isFailingProbe(item, draft, input),
  Restarts: (item, draft, input) => isCommand(item, draft) || isFailingProbe(item, draft, input),
  OutOfMemory: (item, draft) => isField(item, draft, 'resources.limits.memory') && isLowered(item),
  NotReady: ({ path }) => /\.(?:readinessProbe|startupProbe|ports)$/.test(path),
  ReadinessFlapping: ({ path }) => /\.(?:readinessProbe|ports)$/.test(path),
  LatencyShift: (item) => /\.resources\.limits\.cpu$/.test(item.path) && isLowered(item),
};

/** The finding with what explains it at the end of its sentence, where the change of the pod template does. Moves no severity. */
export function explained(draft: Draft, input: JudgeInput): Draft {
  const items = input.evidence.change.filter(
    (item) => BY_KIND[draft.kind]?.(item, draft, input) === true || isQuoted(item, draft),
  );
  if (items.length === 0) return draft;
  const more = items.length > MOST_ITEMS ? ` and ${items.length - MOST_ITEMS} more` : '';
  const link = `; the change explains it: ${items.slice(0, MOST_ITEMS).map(sentence).join(', ')}${more}`;
  return { ...draft, message: `${cut(draft.message, LONGEST_MESSAGE - link.length)}${link}` };
}

function sentence({ path, before, after }: ChangeItem): string {
  const what = `\`${cut(path.replaceAll('`', "'"), 120)}\``;
  const [from, to] = [before, after].map((text) => (text === undefined ? undefined : cut(text, 80)));
  if (from === undefined) return `${what} is new${to === undefined ? '' : ` (${to})`}`;
  return to === undefined ? `${what} is gone (it was ${from})` : `${what} was ${from}, is ${to}`;
}

/** A field of a container that the finding is about: pod findings quote `container NAME`. */
function isField({ path }: ChangeItem, { samples = [] }: Draft, field: string): boolean {
  const [, name] = /^(?:initC|c)ontainers\[([^\]]*)\]\./.exec(path) ?? [];
  return (
    name !== undefined &&
    path.endsWith(`].${field}`) &&
    samples.some((sample) => sample.includes(`container ${name},`))
  );
}

function isCommand(item: ChangeItem, draft: Draft): boolean {
  return isField(item, draft, 'command') || isField(item, draft, 'args');
}

/** A probe that restarts containers, and whose failures the kubelet reports of the canary. */
function isFailingProbe(item: ChangeItem, draft: Draft, { evidence }: JudgeInput): boolean {
  return ['liveness', 'startup'].some(
    (kind) =>
      isField(item, draft, `${kind}Probe`) &&
      evidence.canary.events.some(
        ({ reason, message }) => reason === 'Unhealthy' && message.toLowerCase().startsWith(`${kind} probe`),
      ),
  );
}

/** A limit that is smaller than it was, or new. */
function isLowered({ before, after }: ChangeItem): boolean {
  const [from, to] = [before, after].map((text) => (text === undefined ? undefined : quantity(text)));
  if (to === undefined) return false;
  return before === undefined || (from !== undefined && to < from);
}

/** What the change added, took away or changed is named by the records or facts that the finding shows. */
function isQuoted(
  { path, before = '', after = '' }: ChangeItem,
  { template = '', samples = [] }: Draft,
): boolean {
  const said = [template, ...samples].join('\n');
  return namesIn(path, before, after).some(
    (name) => name.length >= SHORTEST_NAME && new RegExp(`(?<![\\w.-])${escaped(name)}(?![\\w-])`).test(said),
  );
}

/** Names of environment variables, ConfigMaps, Secrets and claims. */
function namesIn(path: string, before: string, after: string): string[] {
  const variable = /\.env\[([^\]]*)\]$/.exec(path)?.[1];
  const objects = [path, before, after].flatMap((text) =>
    [...text.matchAll(/(?:ConfigMap|Secret|PersistentVolumeClaim)\/([a-z0-9][a-z0-9.-]*)/g)].map(
      ([, name = '']) => name,
    ),
  );
  return variable === undefined ? objects : [variable, ...objects];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
