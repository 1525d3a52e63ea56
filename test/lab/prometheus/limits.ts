import { quantity } from '../../../operator/judge/quantity.ts';
import type { KubeObject } from '../kubernetes.ts';

const NAME = 'kube_pod_container_resource_limits';
const UNITS: Readonly<Record<string, string>> = { cpu: 'core', memory: 'byte' };

interface Container {
  readonly name: string;
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

/** What kube-state-metrics says of the limits of pods (docs/metrics/workload/pod-metrics.md), in Prometheus' text format. */
export function limitsPage(pods: readonly KubeObject[]): string {
  const samples = pods.flatMap(({ metadata: { namespace, name }, spec }) =>
    ((spec?.['containers'] ?? []) as readonly Container[]).flatMap(({ name: container, resources }) =>
      Object.entries(resources?.limits ?? {}).map(([resource, limit]) => {
        const labels = `namespace="${namespace}",pod="${name}",container="${container}"`;
        return `${NAME}{${labels},resource="${resource}",unit="${UNITS[resource]}"} ${quantity(limit)}`;
      }),
    ),
  );
  return [`# TYPE ${NAME} gauge`, ...samples, ''].join('\n');
}
