import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../lab/kubernetes.ts';
import type { RealLab } from '../../lab/real-lab.ts';
import type { Release } from '../../lab/rollouts/objects.ts';

/** The base, and beside it the joined templates. */
const KIT = join(import.meta.dirname, '../../../examples/progressive-delivery/with-logs');
/** What has no controller here: pods are scaled by `replicas`. */
const LEFT_OUT = new Set(['Namespace', 'HorizontalPodAutoscaler']);
/** The kit's pods, made fewer than it says. */
const REPLICAS = 3;
/** How much faster the kit's minutes pass. */
const FASTER = 300;
/** Evidence needs its time, however fast the rest goes: so long at most, in seconds. */
const WAIT_SECONDS = 60;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Where the kit is put. */
export interface KitPlace {
  readonly namespace: string;
  /** URL of what answers for Prometheus. */
  readonly prometheus: string;
}

/** Renders the progressive-delivery kit with kustomize, in another namespace, its pauses and intervals shortened. */
export async function renderKit(lab: RealLab, place: KitPlace): Promise<KubeObject[]> {
  const text = await lab.kubectl(['kustomize', KIT]);
  return parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: -1 }) as KubeObject)
    .filter(({ kind }) => !LEFT_OUT.has(kind))
    .map((object) => adapt(object, place));
}

/** The container of the kit's Rollout, as one build of the workload. */
export function shipped({ spec }: KubeObject, { version, fault }: Release): unknown[] {
  const { template } = spec as { template: { spec: { containers: Record<string, unknown>[] } } };
  return template.spec.containers.map((container) => ({
    ...container,
    image: `shop:${version}`,
    env: [
      { name: 'VERSION', value: version },
      ...(fault === undefined ? [] : [{ name: 'FAULT', value: fault }]),
    ],
  }));
}

function adapt(object: KubeObject, { namespace, prometheus }: KitPlace): KubeObject {
  const moved = JSON.parse(
    JSON.stringify(object, (key, value: unknown) => scaled(key, value))
      .replaceAll('"namespace":"ai-engine"', `"namespace":${JSON.stringify(namespace)}`)
      .replaceAll('http://prometheus.monitoring.svc.cluster.local:9090', prometheus),
  ) as KubeObject;
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
