import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../lab/kubernetes.ts';
import type { Monitor } from '../../lab/prometheus/monitoring.ts';
import type { RealLab } from '../../lab/real-lab.ts';

const FOLDER = join(import.meta.dirname, '../../../examples/progressive-delivery');
/** The base, and beside it the joined templates. */
const KIT = join(FOLDER, 'with-logs');
/** What has no controller here: pods are scaled by `replicas`. */
const LEFT_OUT = new Set(['Namespace', 'HorizontalPodAutoscaler']);
/** The kit's pods, made fewer than it says. */
const REPLICAS = 3;
/** How much faster the kit's time passes: a second is a minute of it. What a query looks back on stays as it is. */
const FASTER = 60;
/** Evidence needs its time, however fast the rest goes: so long at most, in seconds. */
const WAIT_SECONDS = 60;
/** Before the first query Prometheus scrapes new pods some times, which in the kit's own time it has done long since. */
const INITIAL_DELAY = '5s';
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
/** What a container of the lab may have, a small process. */
const LIMITS = { cpu: '500m', memory: '256Mi' };

/** Where the kit is put. */
export interface KitPlace {
  readonly namespace: string;
  /** URL of Prometheus. */
  readonly prometheus: string;
  /** URL under which a Service's name leads to it: there is no DNS. */
  readonly web: string;
}

/** A build of the service that the kit ships; `faults` as test/lab/shop/service.ts knows them. */
export interface Build {
  readonly version: 'v1' | 'v2';
  readonly faults?: readonly string[];
}

/** Renders the progressive-delivery kit with kustomize, in another namespace, its pauses and intervals shortened. */
export async function renderKit(lab: RealLab, place: KitPlace): Promise<KubeObject[]> {
  const text = await lab.kubectl(['kustomize', KIT]);
  return parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: -1 }) as KubeObject)
    .filter(({ kind }) => !LEFT_OUT.has(kind))
    .map((object) => adapt(object, place));
}

/** The containers of one of the kit's Rollouts, as one build of the shop. */
export function shipped({ spec }: KubeObject, { version, faults = [] }: Build, limits = LIMITS): unknown[] {
  const { template } = spec as { template: { spec: { containers: Record<string, unknown>[] } } };
  return template.spec.containers.map((container) => ({
    ...container,
    image: `shop:${version}`,
    env: [
      { name: 'VERSION', value: version },
      { name: 'MEASURED', value: 'yes' },
      // The controller takes empty values out of the spec.
      ...(faults.length === 0 ? [] : [{ name: 'FAULT', value: faults.join(',') }]),
    ],
    resources: { requests: { cpu: '1m', memory: '64Mi' }, limits },
  }));
}

/** What the kit's ServiceMonitor has Prometheus scrape. */
export function kitMonitor(): Monitor {
  const text = readFileSync(join(FOLDER, 'monitoring/service-monitor.yaml'), 'utf8');
  const monitors = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  const { spec } = monitors.find(({ metadata }) => metadata.name === 'ai-engine') ?? {};
  const { selector, endpoints } = spec as {
    selector: { matchExpressions: { key: string; operator: string; values: string[] }[] };
    endpoints: [{ port: string; path: string }];
  };
  const terms = selector.matchExpressions.map(
    ({ key, operator, values }) => `${key} ${operator.toLowerCase()} (${values.join(',')})`,
  );
  return { selector: terms.join(','), ...endpoints[0] };
}

function adapt(object: KubeObject, { namespace, prometheus, web }: KitPlace): KubeObject {
  const moved = JSON.parse(
    JSON.stringify(object, (key, value: unknown) => scaled(key, value))
      .replaceAll('"namespace":"ai-engine"', `"namespace":${JSON.stringify(namespace)}`)
      .replaceAll('http://prometheus.monitoring.svc.cluster.local:9090', prometheus)
      .replaceAll(
        'http://{{args.service-name}}.{{args.namespace}}.svc.cluster.local',
        `${web}/{{args.service-name}}`,
      ),
  ) as KubeObject;
  if (moved.kind === 'AnalysisTemplate')
    return { ...moved, spec: { ...moved.spec, metrics: delayed(moved) } };
  if (moved.kind !== 'Rollout') return moved;
  const template = moved.spec?.['template'] as { spec: object };
  const containers = shipped(moved, { version: 'v1' });
  const spec = {
    ...moved.spec,
    replicas: REPLICAS,
    template: { ...template, spec: { ...template.spec, containers } },
  };
  return { ...moved, spec };
}

/** The metrics of a template, those that ask Prometheus a moment later. */
function delayed({ spec }: KubeObject): unknown[] {
  const metrics = (spec?.['metrics'] ?? []) as { provider: { prometheus?: object } }[];
  return metrics.map((metric) =>
    metric.provider.prometheus === undefined ? metric : { ...metric, initialDelay: INITIAL_DELAY },
  );
}

/** A field whose value is a duration, shortened; everything else as it is. */
function scaled(key: string, value: unknown): unknown {
  if (key === 'waitSeconds') return WAIT_SECONDS;
  if (key === 'scaleDownDelaySeconds') return Math.ceil(Number(value) / FASTER);
  if (key !== 'duration' && key !== 'interval') return value;
  const [, amount, unit = ''] = /^(\d+)([smh])$/.exec(String(value)) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (Number.isNaN(seconds)) throw new Error(`${key}: "${value}" is no duration`);
  return `${Math.ceil(seconds / FASTER)}s`;
}
