import { expect } from 'chai';
import { type PrometheusDouble, startPrometheusDouble } from '../../../lab/doubles/prometheus.ts';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import type { AnalysisRun, Release } from '../../../lab/rollouts/objects.ts';
import { renderKit, shipped } from '../kit.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const API = { rollout: 'ai-engine-api', container: 'api' };
const WORKERS = { rollout: 'ai-engine-workers', container: 'worker' };

/** What Prometheus would say of a healthy service, by template. */
const HEALTHY = {
  'success-rate': 0.999,
  'latency-p95': 140,
  'workflow-failure-rate': 0.01,
  'cpu-usage': 0.35,
  'memory-usage': 0.5,
  'error-budget': 0.995,
  'automation-success-rate': 0.99,
};
type Figures = Readonly<Record<keyof typeof HEALTHY, number>>;

/** The two Rollouts of examples/progressive-delivery, with their durations shortened and a double for Prometheus. */
export function progressiveDelivery(scenario: AddScenario): void {
  scenario('takes the API of the kit from 20 to 100 percent, three analyses on the way', (workload) =>
    withKit(workload, API, HEALTHY, async (ship, prometheus) => {
      await ship({ version: 'v2' });
      const { status } = await workload.untilPhase('Healthy');
      expect(status?.stableRS).to.equal(status?.currentPodHash);

      const runs = await workload.analysisRuns();
      expect(runs.map(({ metadata }) => metadata.labels?.['step-index'])).to.deep.equal(['2', '5', '9']);
      for (const run of runs)
        expect(phasesOf(run)).to.deep.equal({
          'success-rate': 'Successful',
          'latency-p95': 'Successful',
          'workflow-failure-rate': 'Successful',
          'canary-analysis': 'Successful',
        });
      for (const { status: judged } of await workload.analyses()) expect(judged?.verdict).to.equal('Promote');
      expect(new Set(prometheus.queries.map(serviceOf))).to.deep.equal(new Set(['ai-engine-api-canary']));
    }),
  );

  scenario(
    'goes back with the API of the kit where Prometheus says that it is slow, whatever the logs say',
    (workload) =>
      withKit(workload, API, { ...HEALTHY, 'latency-p95': 6000 }, async (ship) => {
        const before = await workload.rollout();
        await ship({ version: 'v2' });
        const { status } = await workload.untilPhase('Degraded');
        expect(status).to.include({ abort: true, stableRS: before.status?.stableRS });
        const [run] = await workload.analysisRuns();
        expect(run && phasesOf(run)).to.include({ 'latency-p95': 'Failed' });
      }),
  );

  scenario('goes back with the API of the kit where the logs say why, whatever Prometheus says', (workload) =>
    withKit(workload, API, HEALTHY, async (ship) => {
      await ship({ version: 'v2', fault: 'orders' });
      await workload.untilPhase('Degraded');
      const { run, analysis } = await workload.outcome();
      expect(phasesOf(run)).to.include({ 'canary-analysis': 'Failed' });
      expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    }),
  );

  scenario(
    'takes both measurements of a template that is joined with the comparison of the logs',
    (workload) =>
      withKit(workload, API, HEALTHY, async (ship) => {
        const joined = {
          templates: [{ templateName: 'success-rate-with-logs' }],
          args: [{ name: 'service-name', value: 'ai-engine-api-canary' }],
        };
        const steps = [{ setWeight: 20 }, { analysis: joined }];
        const { client } = workload.environment.lab;
        await client.patch(workload.rolloutPath, { spec: { strategy: { canary: { steps } } } });
        await ship({ version: 'v2' });
        await workload.untilPhase('Healthy');
        const { run } = await workload.outcome();
        expect(phasesOf(run)).to.deep.equal({
          'success-rate': 'Successful',
          'canary-analysis-success-rate': 'Successful',
        });
      }),
  );

  scenario('switches the workers of the kit once they are fit and a person says so', (workload) =>
    withKit(workload, WORKERS, HEALTHY, async (ship, prometheus) => {
      const before = await workload.rollout();
      await ship({ version: 'v2' });
      const first = await workload.firstAnalysisRun();
      await workload.untilAnalysisRun(first, 'has succeeded', ({ status }) => status?.phase === 'Successful');
      await workload.untilRollout('waits for a person', ({ status }) =>
        (status?.pauseConditions ?? []).some(({ reason }) => reason === 'BlueGreenPause'),
      );
      expect(await workload.selectedBy('ai-engine-workers-active')).to.equal(before.status?.stableRS);
      await workload.confirm();
      const { status } = await workload.untilPhase('Healthy');

      expect(await workload.selectedBy('ai-engine-workers-active')).to.equal(status?.currentPodHash);
      const [pre, post] = await workload.analysisRuns();
      expect(pre && phasesOf(pre)).to.deep.equal({
        'success-rate': 'Successful',
        'cpu-usage': 'Successful',
        'memory-usage': 'Successful',
        'canary-analysis': 'Successful',
      });
      expect(post && phasesOf(post)).to.deep.equal({
        'success-rate': 'Successful',
        'error-budget': 'Successful',
        'automation-success-rate': 'Successful',
        'canary-analysis': 'Successful',
      });
      const ofPods = prometheus.queries.filter((query) => query.includes('container_'));
      expect(ofPods).not.to.be.empty;
      for (const query of ofPods)
        expect(query).to.include(`pod=~"ai-engine-workers-${status?.currentPodHash}-.*"`);
    }),
  );
}

/** Applies the kit, leaves one of its Rollouts, and goes on once that is Healthy and has traffic. */
async function withKit(
  workload: ScenarioWorkload,
  names: typeof API,
  figures: Figures,
  then: (ship: (release: Release) => Promise<void>, prometheus: PrometheusDouble) => Promise<void>,
): Promise<void> {
  const prometheus = await startPrometheusDouble((query) => figures[templateOf(query)]);
  try {
    const { lab } = workload.environment;
    const { namespace } = workload;
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await lab.client.patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels } });
    const objects = await renderKit(lab, { namespace, prometheus: prometheus.url });
    const isOther = ({ kind, metadata }: KubeObject): boolean =>
      kind === 'Rollout' && metadata.name !== names.rollout;
    for (const object of objects.filter((one) => !isOther(one))) await lab.apply(object);
    workload.rename(names);
    const rollout = await workload.untilPhase('Healthy');
    workload.sendTraffic();
    const ship = async (release: Release): Promise<void> => {
      const containers = shipped(rollout, release);
      await lab.client.patch(workload.rolloutPath, { spec: { template: { spec: { containers } } } });
    };
    await then(ship, prometheus);
  } finally {
    await prometheus.close();
  }
}

/** Which template of the kit asks so. */
function templateOf(query: string): keyof Figures {
  if (query.includes('histogram_quantile')) return 'latency-p95';
  if (query.includes('automation_tasks_total')) return 'automation-success-rate';
  if (query.includes('container_cpu_usage_seconds_total')) return 'cpu-usage';
  if (query.includes('container_memory_working_set_bytes')) return 'memory-usage';
  if (!query.includes('workflow_executions_total')) return 'success-rate';
  return query.includes('http_requests_total') ? 'error-budget' : 'workflow-failure-rate';
}

function serviceOf(query: string): string | undefined {
  return /service="([^"]*)"/.exec(query)?.[1];
}

function phasesOf({ status }: AnalysisRun): Readonly<Record<string, string>> {
  return Object.fromEntries((status?.metricResults ?? []).map(({ name, phase }) => [name, phase]));
}
