import { CodedError } from '../../crds/errors.ts';
import {
  type ContainerKind,
  type EventFact,
  type Evidence,
  type Instant,
  type Interval,
  type LogSink,
  type LogSource,
  type PodFact,
  SIDES,
  type Side,
} from '../model.ts';
import {
  isKnownProxy,
  type KnownContainer,
  podContainers,
  proxiesLeftOut,
  withoutProxies,
} from '../pods/container-kind.ts';
import { type EventLike, eventFact } from '../pods/event-fact.ts';
import { podFact } from '../pods/pod-fact.ts';
import type { PodObject, PodTemplateSpec } from '../pods/pod-object.ts';
import { templateChange } from '../pods/template-change.ts';
import { type Collected, readCollected } from './collected.ts';
import { diskFolder, type Folder, pathIn } from './folder.ts';
import { readJson } from './json-file.ts';
import { CHANGE_SHAPE, EVENTS_SHAPE, POD_SHAPE } from './kubernetes-shapes.ts';
import { type BundleFiles, type LogFile, type PodFiles, readLayout } from './layout.ts';

/** Events kept on one side, the newest. */
const MAX_EVENTS = 200;

/** Evidence as files: the logs are read once, by {@link Bundle.stream}, before {@link Bundle.evidence} is asked for. */
export interface Bundle {
  /** What it is called in messages: its directory. */
  readonly name: string;
  /** How it was collected, where it says so; `interval` is its window. */
  readonly collected?: Collected & { readonly interval: Interval };
  /** When the container of a log started, where a pod.json tells. */
  startedAt(source: LogSource): Instant | undefined;
  /**
   * Hands the bytes of every log to the sink, one log after the other.
   * @throws `BUNDLE_INVALID` naming a log that cannot be read.
   */
  stream(sink: LogSink, signal?: AbortSignal): Promise<void>;
  /**
   * Everything but the logs. `span` is the time the logs of each side cover, undefined where no line has a timestamp:
   * a side's window.
   */
  evidence(span: Readonly<Record<Side, Interval | undefined>>, redact: (text: string) => string): Evidence;
}

interface BundlePod {
  readonly files: PodFiles;
  readonly pod: PodObject | undefined;
  /** The logs that are compared. */
  readonly logs: readonly LogFile[];
  /** Known proxies with a log that is not. */
  readonly proxies: readonly string[];
}

interface Content {
  readonly files: BundleFiles;
  readonly pods: Readonly<Record<Side, readonly BundlePod[]>>;
  readonly events: Readonly<Record<Side, readonly EventLike[]>>;
  readonly change: { readonly stable?: PodTemplateSpec; readonly canary?: PodTemplateSpec };
  readonly collected?: Collected & { readonly interval: Interval };
}

/**
 * Reads a bundle's layout and its JSON files. `expected.json` is never read.
 * @throws `BUNDLE_INVALID` naming the file that is wrong.
 */
export async function readBundle(from: string | Folder, signal?: AbortSignal): Promise<Bundle> {
  const folder = typeof from === 'string' ? diskFolder(from) : from;
  const files = await readLayout(folder);
  const pods: Record<Side, BundlePod[]> = { stable: [], canary: [] };
  const events: Record<Side, readonly EventLike[]> = { stable: [], canary: [] };
  for (const side of SIDES) {
    for (const each of files.sides[side].pods) {
      const pod =
        each.podJson === undefined
          ? undefined
          : await readJson<PodObject>(folder, each.podJson, POD_SHAPE, signal);
      pods[side].push({ files: each, pod, ...logsOf(each, pod) });
    }
    const path = files.sides[side].eventsJson;
    if (path !== undefined) {
      events[side] = (await readJson<{ items: EventLike[] }>(folder, path, EVENTS_SHAPE, signal)).items;
    }
  }
  const change =
    files.changeJson === undefined
      ? {}
      : await readJson<Content['change']>(folder, files.changeJson, CHANGE_SHAPE, signal);
  const collected =
    files.collectedJson === undefined
      ? {}
      : { collected: await readCollected(folder, files.collectedJson, signal) };
  return open(folder, { files, pods, events, change, ...collected });
}

function open(folder: Folder, content: Content): Bundle {
  const bytes: Record<Side, number> = { stable: 0, canary: 0 };
  return {
    name: folder.name,
    ...(content.collected === undefined ? {} : { collected: content.collected }),
    startedAt: (source) => {
      const { pod } = content.pods[source.side].find(({ files }) => files.name === source.pod) ?? {};
      return pod === undefined ? undefined : containerStart(pod, source);
    },
    async stream(sink, signal) {
      for (const side of SIDES) {
        for (const { files, pod, logs } of content.pods[side]) {
          for (const log of logs) {
            const kind = kindOf(log.container, pod);
            const source = { side, pod: files.name, container: log.container, kind, previous: log.previous };
            bytes[side] += await streamLog(folder, log, sink, source, signal);
          }
        }
      }
    },
    evidence: (span, redact) => evidenceOf(content, bytes, span, redact),
  };
}

/** As the operator does: the log of a known proxy is not compared, unless there is nothing beside it. */
function logsOf(files: PodFiles, pod: PodObject | undefined): Pick<BundlePod, 'logs' | 'proxies'> {
  const known = podContainers(pod?.spec);
  const more = [...new Set(files.logs.map((log) => log.container))]
    .filter((name) => !known.some(({ spec }) => spec.name === name))
    .map((name): KnownContainer => ({ spec: { name }, kind: kindOf(name, undefined) }));
  const beside = new Set(withoutProxies([...known, ...more]).proxies.map(({ spec }) => spec.name));
  return {
    logs: files.logs.filter((log) => !beside.has(log.container)),
    proxies: [...beside].filter((name) => files.logs.some((log) => log.container === name)),
  };
}

function leftOut({ pods }: Content, side: Side): string[] {
  const names = new Set(pods[side].flatMap(({ proxies }) => proxies));
  return names.size === 0 ? [] : [proxiesLeftOut(side, names)];
}

async function streamLog(
  folder: Folder,
  log: LogFile,
  sink: LogSink,
  source: LogSource,
  signal?: AbortSignal,
): Promise<number> {
  const writer = sink.open(source);
  let bytes = 0;
  try {
    for await (const chunk of folder.stream(log.path, signal)) {
      bytes += chunk.length;
      writer.write(chunk);
      await writer.drained?.();
    }
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new CodedError('BUNDLE_INVALID', `${pathIn(folder, log.path)} cannot be read`, { cause });
  }
  writer.end();
  return bytes;
}

function evidenceOf(
  content: Content,
  bytes: Readonly<Record<Side, number>>,
  span: Readonly<Record<Side, Interval | undefined>>,
  redact: (text: string) => string,
): Evidence {
  const { collected } = content;
  const now = Math.max(latestInstant(content, span), collected?.interval.to ?? 0);
  const side = (name: Side) => {
    const interval = collected?.interval ?? span[name] ?? podsInterval(content.pods[name], now);
    const pods = content.pods[name].map((each) => factOf(each, name, interval, now, redact));
    const events: EventFact[] = content.events[name]
      .map((event) => eventFact(event, name, redact))
      .sort((a, b) => a.lastSeen - b.lastSeen)
      .slice(-MAX_EVENTS);
    const podsRead = collected?.podsWithLogs?.[name];
    return {
      interval,
      pods,
      events,
      ...(podsRead === undefined ? {} : { podsRead }),
      ...(collected?.cut?.[name] === true ? { cut: true } : {}),
    };
  };
  const read = (name: Side) => ({
    podsFound: Math.max(content.pods[name].length, collected?.podsFound?.[name] ?? 0),
    podsRead: collected?.podsRead?.[name] ?? content.pods[name].length,
    containers: new Set(
      content.pods[name].flatMap((p) => p.logs.map((l) => `${p.files.name}/${l.container}`)),
    ).size,
    bytes: bytes[name],
  });
  return {
    stable: side('stable'),
    canary: side('canary'),
    change: templateChange(content.change.stable, content.change.canary, redact),
    baseline: content.pods.stable.length === 0 ? 'None' : 'Pods',
    read: { stable: read('stable'), canary: read('canary') },
    gaps: [
      ...new Set([
        ...(collected?.gaps ?? []).map(redact),
        ...SIDES.flatMap((name) => leftOut(content, name)),
      ]),
      ...content.files.strangers.map((path) => `${path} is no part of a bundle and was not read`),
    ],
    logsComplete: { stable: logsComplete(content, 'stable'), canary: logsComplete(content, 'canary') },
  };
}

/** As it was collected; where nobody says, a pod without any log was not watched. */
function logsComplete({ collected, pods }: Content, side: Side): boolean {
  return collected?.logsComplete?.[side] ?? pods[side].every(({ logs }) => logs.length > 0);
}

/** A pod that is known by its logs alone counts as Ready as long as they cover. */
function factOf(
  { files, pod }: BundlePod,
  side: Side,
  interval: Interval,
  now: Instant,
  redact: (text: string) => string,
): PodFact {
  if (pod !== undefined) {
    const named = { ...pod, metadata: { ...pod.metadata, name: files.name } };
    return podFact(named, side, interval, now, { redact });
  }
  const names = [...new Set(files.logs.map((log) => log.container))];
  return {
    side,
    name: files.name,
    uid: '',
    phase: 'Running',
    ready: true,
    createdAt: interval.from,
    readySeconds: Math.round((interval.to - interval.from) / 1000),
    readyThroughout: true,
    deleted: false,
    containers: names.map((name) => ({
      name,
      kind: kindOf(name, undefined),
      image: '',
      ready: true,
      restarts: 0,
      state: 'running',
    })),
  };
}

function kindOf(container: string, pod: PodObject | undefined): ContainerKind {
  const known = podContainers(pod?.spec).find(({ spec }) => spec.name === container);
  return known?.kind ?? (isKnownProxy({ name: container }) ? 'sidecar' : 'app');
}

/** When the run that wrote the log started. */
function containerStart(pod: PodObject, source: LogSource): Instant | undefined {
  const status = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ].find(({ name }) => name === source.container);
  const state = source.previous ? status?.lastState : status?.state;
  return instant(state?.running?.startedAt ?? state?.terminated?.startedAt);
}

/** From the first pod's start to the end, for a side whose lines carry no timestamps; empty when nothing is known. */
function podsInterval(pods: readonly BundlePod[], now: Instant): Interval {
  const starts = pods.flatMap(
    ({ pod }) => instant(pod?.status?.startTime ?? pod?.metadata?.creationTimestamp) ?? [],
  );
  return starts.length === 0 ? { from: now, to: now } : { from: Math.min(...starts), to: now };
}

/** The latest instant the bundle knows of: when it was written, as near as can be told. */
function latestInstant(content: Content, span: Readonly<Record<Side, Interval | undefined>>): Instant {
  let latest = 0;
  const see = (at: Instant | undefined): void => {
    if (at !== undefined && at > latest) latest = at;
  };
  for (const side of SIDES) {
    see(span[side]?.to);
    for (const event of content.events[side])
      see(instant(event.series?.lastObservedTime ?? event.lastTimestamp ?? undefined));
    for (const { pod } of content.pods[side]) {
      see(instant(pod?.metadata?.creationTimestamp));
      for (const condition of pod?.status?.conditions ?? []) see(instant(condition.lastTransitionTime));
      for (const { state, lastState } of [
        ...(pod?.status?.containerStatuses ?? []),
        ...(pod?.status?.initContainerStatuses ?? []),
      ]) {
        see(instant(state?.running?.startedAt));
        see(instant(state?.terminated?.finishedAt));
        see(instant(lastState?.terminated?.finishedAt));
      }
    }
  }
  return latest;
}

function instant(text: string | undefined): Instant | undefined {
  const value = Date.parse(text ?? '');
  return Number.isNaN(value) ? undefined : value;
}
