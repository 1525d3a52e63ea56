import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisSpec } from '../../crds/v1alpha1/spec.ts';
import { COLLECTED_FILE, type Collected, collectedOf } from '../bundle/index.ts';
import {
  collectEvidence,
  DEFAULT_READ_LIMITS,
  type EvidenceWindow,
  evidenceWindow,
  gatherSubject,
  listSides,
  PodObserver,
  type SideObjects,
} from '../evidence/index.ts';
import { type EventFact, type Evidence, type LogSink, SIDES, type Side } from '../model.ts';
import type { PodTemplateSpec } from '../pods/pod-object.ts';
import { createRedactor } from '../redact/index.ts';
import { createBundleWriter } from './bundle-writer.ts';
import type { Connection } from './connect.ts';
import type { CollectCommand } from './usage.ts';
import { podWithoutValues, templatesWithoutValues } from './without-values.ts';

/** As an analysis' `observation.lookbackSeconds`. */
const DEFAULT_SECONDS = 600;

/** What was collected. */
export interface CollectedBundle {
  readonly bundle: string;
  readonly read: Evidence['read'];
  readonly window: Collected['window'];
  readonly gaps: readonly string[];
  readonly redactions: number;
}

interface Target {
  readonly namespace: string;
  readonly spec: CanaryAnalysisSpec;
  readonly analysis?: CanaryAnalysis;
}

/**
 * Collects the evidence of an analysis or a Rollout into a new directory; nothing stays of one that could not be completed.
 * `progress` is told each log as it begins.
 * @throws CodedError of the cluster or of the subject; `CONFIG_INVALID` for a directory that exists; `ABORTED`
 */
export async function collectBundle(
  command: CollectCommand,
  { namespace, cluster, analyses }: Connection,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<CollectedBundle> {
  const { target } = command;
  const analysis =
    target.kind === 'CanaryAnalysis'
      ? await analyses.get({ namespace, name: target.name }, { signal })
      : undefined;
  const of: Target = {
    namespace,
    spec: analysis?.spec ?? { rolloutRef: { name: target.name } },
    ...(analysis === undefined ? {} : { analysis }),
  };
  const sides = await sidesOf(of, cluster, signal);
  const observers = { stable: new PodObserver('stable'), canary: new PodObserver('canary') };
  const now = cluster.clock.now();
  for (const side of SIDES) observers[side].observe(sides[side].pods, now);
  const window = windowOf(of, command, observers.canary.firstStart, now);
  const redactor = command.raw ? undefined : createRedactor();
  const redact = redactor === undefined ? undefined : (text: string) => redactor.redact(text);
  const writer = await createBundleWriter(command.out, redact);
  try {
    const evidence = await collectEvidence(
      cluster,
      {
        namespace,
        window,
        observers,
        sides,
        limits: { ...DEFAULT_READ_LIMITS, ...of.spec.evidence },
        redact: redact ?? ((text) => text),
        signal,
      },
      told(writer, progress),
    );
    for (const side of SIDES) {
      for (const pod of sides[side].pods)
        await writer.json(`${side}/${pod.metadata.name}/pod.json`, podWithoutValues(pod));
      await writer.json(`${side}/events.json`, eventList(evidence[side].events));
    }
    await writer.json(
      'change.json',
      templatesWithoutValues(templateOf(sides.stable), templateOf(sides.canary)),
    );
    const collected: Collected = {
      ...collectedOf(evidence, window.interval),
      ...(analysis === undefined ? {} : saidOf(analysis)),
    };
    await writer.json(COLLECTED_FILE, collected);
    return {
      bundle: command.out,
      read: evidence.read,
      window: collected.window,
      gaps: evidence.gaps,
      redactions: redactor?.count ?? 0,
    };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** The pods of the revisions that the analysis resolved, though the Rollout may have moved on since. */
async function sidesOf(
  { namespace, spec, analysis }: Target,
  cluster: Connection['cluster'],
  signal: AbortSignal,
): Promise<Readonly<Record<Side, SideObjects>>> {
  const { stableHash, canaryHash } = analysis?.status ?? {};
  const resolved = {
    ...(stableHash === undefined ? {} : { stableHash }),
    ...(canaryHash === undefined ? {} : { canaryHash }),
  };
  const subject = await gatherSubject(cluster, { namespace, spec, resolved }, signal);
  return listSides(cluster, namespace, subject, signal);
}

/** The window of an analysis that has one, else the one it would have now. */
function windowOf(
  { spec, analysis }: Target,
  { sinceSeconds }: CollectCommand,
  firstStart: number | undefined,
  now: number,
): EvidenceWindow {
  const lookbackMs = (sinceSeconds ?? spec.observation?.lookbackSeconds ?? DEFAULT_SECONDS) * 1000;
  const { window } = analysis?.status ?? {};
  if (window !== undefined && sinceSeconds === undefined) {
    const interval = { from: Date.parse(window.canaryStart), to: Date.parse(window.end) };
    return { interval, stableSince: Math.min(Date.parse(window.stableStart), interval.to - lookbackMs) };
  }
  return evidenceWindow({ now, lookbackMs, ...(firstStart === undefined ? {} : { firstStart }) });
}

function told(sink: LogSink, progress: (text: string) => void): LogSink {
  return {
    open: (source) => {
      progress(
        `reading ${source.side} ${source.pod}/${source.container}${source.previous ? ' (previous)' : ''}`,
      );
      return sink.open(source);
    },
  };
}

function templateOf({ replicaSets }: SideObjects): PodTemplateSpec | undefined {
  return replicaSets.find((set) => set.spec?.template !== undefined)?.spec?.template;
}

function eventList(events: readonly EventFact[]): object {
  return {
    apiVersion: 'v1',
    kind: 'EventList',
    items: events.map(({ object, type, reason, message, count, lastSeen }) => {
      const [kind = '', name = ''] = object.split('/');
      return {
        involvedObject: { kind, name },
        type,
        reason,
        message,
        count,
        lastTimestamp: new Date(lastSeen).toISOString(),
      };
    }),
  };
}

/** What the analysis said, where it did. */
function saidOf({ metadata, status = {} }: CanaryAnalysis): Pick<Collected, 'look' | 'recorded'> {
  const { verdict, reason, message, confidence, assessment, look } = status;
  return {
    ...(look === undefined ? {} : { look }),
    ...(verdict === undefined
      ? {}
      : {
          recorded: {
            analysis: metadata.name,
            verdict,
            ...(reason === undefined ? {} : { reason }),
            ...(message === undefined ? {} : { message }),
            ...(confidence === undefined ? {} : { confidence }),
            ...(assessment === undefined ? {} : { assessment }),
          },
        }),
  };
}

/** What a person reads who collected a bundle. */
export function collectedText({ bundle, read, window, gaps, redactions }: CollectedBundle): string {
  return [
    `${bundle}: evidence from ${window.from} to ${window.to}`,
    ...SIDES.map((side) => {
      const { podsFound, podsRead, containers, bytes } = read[side];
      return `  ${side}: ${podsRead} of ${podsFound} pods read, ${containers} containers, ${bytes} bytes`;
    }),
    ...(redactions > 0 ? [`  ${redactions} values were replaced by placeholders`] : []),
    ...gaps.map((gap) => `  not seen: ${gap}`),
    `Judge it with: canary-analysis judge ${bundle}`,
  ].join('\n');
}

/** Whether an error means that what was asked for is not there, rather than that the cluster does not answer. */
export function isBadInput(error: unknown): boolean {
  return (
    isCoded(error, 'API_NOT_FOUND') ||
    isCoded(error, 'SUBJECT_UNRESOLVED') ||
    isCoded(error, 'SAME_REVISION') ||
    isCoded(error, 'SUPERSEDED') ||
    isCoded(error, 'SELECTOR_EMPTY') ||
    isCoded(error, 'SELECTOR_INVALID') ||
    isCoded(error, 'CONFIG_INVALID') ||
    isCoded(error, 'BUNDLE_INVALID')
  );
}
