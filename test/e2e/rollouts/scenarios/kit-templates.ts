import { expect } from 'chai';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import type { AnalysisRun } from '../../../lab/rollouts/objects.ts';
import { shipped } from '../kit.ts';
import { type KitEnvironment, withKitEnvironment } from '../kit-environment.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const WORKLOAD = 'ai-engine-api';
/** What goes wrong in the build that no template lets pass. */
const FAULTS = ['orders', 'slow', 'workflows', 'tasks', 'custom', 'cpu', 'memory', 'health'];
/** Limits that the unfit build goes beyond. */
const TIGHT = { cpu: '2m', memory: '256Mi' };
/** A build with visitors, a bad one with visitors, and one that nobody visits. */
const BUILDS = ['fit', 'unfit', 'idle'] as const;
type BuildName = (typeof BUILDS)[number];

/** What a run of a template comes to without visitors, or without pods. */
const WITHOUT = {
  'success-rate': 'Inconclusive',
  'latency-p95': 'Inconclusive',
  'workflow-failure-rate': 'Inconclusive',
  'error-budget': 'Inconclusive',
  'automation-success-rate': 'Inconclusive',
  'custom-metric': 'Inconclusive',
  'cpu-usage': 'Error',
  'memory-usage': 'Error',
  'health-check': 'Error',
} as const;
type TemplateName = keyof typeof WITHOUT;
const TEMPLATES = Object.keys(WITHOUT) as TemplateName[];

/** Every template of the kit, asked of Prometheus by the stock controller: of a fit build, of a bad one, and of none. */
export function kitTemplates(scenario: AddScenario): void {
  scenario('judges a fit build, a bad one and one without traffic with each template', async (workload) => {
    await withKitEnvironment(workload, async (kit) => {
      const rollout = kit.objects.find(
        ({ kind, metadata }) => kind === 'Rollout' && metadata.name === WORKLOAD,
      );
      if (rollout === undefined) throw new Error(`the kit has no Rollout ${WORKLOAD}`);
      const objects = BUILDS.flatMap((build) => [
        serviceOf(workload, build),
        podOf(workload, rollout, build),
      ]);
      for (const object of objects) await workload.environment.lab.apply(object);
      try {
        workload.rename({ rollout: WORKLOAD, container: 'api' });
        workload.sendTraffic();
        await untilMeasured(kit, workload);
        const runs = BUILDS.flatMap((build) =>
          TEMPLATES.map((template) => runOf(kit, workload, template, build)),
        );
        for (const run of runs) await workload.environment.lab.apply(run);
        const outcome = (build: BuildName): Promise<Record<TemplateName, string | undefined>> =>
          outcomes(workload, build);
        expect(await outcome('fit')).to.deep.equal(all('Successful'));
        expect(await outcome('unfit')).to.deep.equal(all('Failed'));
        expect(await outcome('idle')).to.deep.equal(WITHOUT);
      } finally {
        for (const { metadata } of objects.filter(({ kind }) => kind === 'Pod'))
          await workload.environment.lab.client.delete(
            `/api/v1/namespaces/${workload.namespace}/pods/${metadata.name}`,
          );
      }
    });
  });
}

function all(phase: string): Record<TemplateName, string> {
  return Object.fromEntries(TEMPLATES.map((name) => [name, phase])) as Record<TemplateName, string>;
}

/** Until Prometheus knows how long answers take that are late, and how much CPU the pods use: all else it knows sooner. */
async function untilMeasured({ prometheus }: KitEnvironment, { signal }: ScenarioWorkload): Promise<void> {
  for (const build of ['fit', 'unfit']) {
    const answered = `sum(increase(http_request_duration_seconds_count{service="${build}"}[5m]))`;
    await prometheus.until(answered, (count) => count > 50, signal);
    const pods = `pod=~"${WORKLOAD}-${build}-.*"`;
    await prometheus.until(
      `rate(container_cpu_usage_seconds_total{${pods}}[5m])`,
      (cores) => cores > 0,
      signal,
    );
    await prometheus.until(`kube_pod_container_resource_limits{${pods}}`, (limit) => limit > 0, signal);
  }
  await prometheus.until('up{service="idle"}', (up) => up === 1, signal);
}

function serviceOf({ namespace }: ScenarioWorkload, build: BuildName): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: build, labels: { 'app.kubernetes.io/name': WORKLOAD } },
    spec: { selector: { build }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}

/** A pod of the kit's Rollout, named as one of a revision called like the build. Nobody visits another container. */
function podOf({ namespace }: ScenarioWorkload, rollout: KubeObject, build: BuildName): KubeObject {
  const { template } = rollout.spec as { template: { spec: object } };
  const isUnfit = build === 'unfit';
  const containers = shipped(
    rollout,
    { version: 'v2', faults: isUnfit ? FAULTS : [] },
    isUnfit ? TIGHT : undefined,
  );
  const [container] = containers as { name: string }[];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: `${WORKLOAD}-${build}-0`, labels: { build } },
    spec: { ...template.spec, containers: [build === 'idle' ? { ...container, name: 'idle' } : container] },
  };
}

/** What `kubectl argo rollouts create analysisrun` makes of a template. There are no pods of a revision called idle, nor a Service for the web. */
function runOf(
  { objects }: KitEnvironment,
  { namespace }: ScenarioWorkload,
  name: TemplateName,
  build: BuildName,
): KubeObject {
  const template = objects.find(
    ({ kind, metadata }) => kind === 'AnalysisTemplate' && metadata.name === name,
  );
  const { args = [], metrics } = (template?.spec ?? {}) as {
    args?: { name: string; value?: string }[];
    metrics?: [];
  };
  const isNothing = build === 'idle';
  const values: Readonly<Record<string, string>> = {
    'service-name': isNothing && name === 'health-check' ? 'nobody' : build,
    workload: WORKLOAD,
    'pod-hash': isNothing ? 'nobody' : build,
    namespace,
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { namespace, name: `${name}-${build}` },
    spec: { metrics, args: args.map((arg) => ({ ...arg, value: values[arg.name] ?? arg.value })) },
  };
}

async function outcomes(
  workload: ScenarioWorkload,
  build: BuildName,
): Promise<Record<TemplateName, string | undefined>> {
  const found: [TemplateName, string | undefined][] = [];
  for (const name of TEMPLATES) {
    const run = await workload.until(
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', name: `${name}-${build}` },
      'is over',
      ({ status }) => !['Pending', 'Running', undefined].includes((status as AnalysisRun['status'])?.phase),
    );
    found.push([name, (run.status as AnalysisRun['status'])?.phase]);
  }
  return Object.fromEntries(found) as Record<TemplateName, string | undefined>;
}
