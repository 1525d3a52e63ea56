import { expect } from 'chai';
import type { AnalysisRun } from '../../../lab/rollouts/objects.ts';
import { type KitRollout, withKit } from '../kit-environment.ts';
import type { AddScenario } from '../scenario-group.ts';

const API: KitRollout = { rollout: 'ai-engine-api', container: 'api', judged: 'ai-engine-api-canary' };
const WORKERS: KitRollout = {
  rollout: 'ai-engine-workers',
  container: 'worker',
  judged: 'ai-engine-workers-preview',
};

/** The two Rollouts of examples/progressive-delivery, with their durations shortened, and a real Prometheus. */
export function progressiveDelivery(scenario: AddScenario): void {
  scenario('takes the API of the kit from 20 to 100 percent, three analyses on the way', (workload) =>
    withKit(workload, API, async ({ ship }) => {
      await ship({ version: 'v2' });
      const { status } = await workload.untilPhase('Healthy');
      expect(status?.stableRS).to.equal(status?.currentPodHash);

      const runs = await workload.analysisRuns();
      expect(runs.map(({ metadata }) => metadata.labels?.['step-index'])).to.deep.equal(['2', '5', '9']);
      for (const run of runs) {
        expect(phasesOf(run)).to.deep.equal({
          'success-rate': 'Successful',
          'latency-p95': 'Successful',
          'workflow-failure-rate': 'Successful',
          'canary-analysis': 'Successful',
        });
        for (const query of queriesOf(run)) expect(query).to.include('service="ai-engine-api-canary"');
      }
      for (const { status: judged } of await workload.analyses()) expect(judged?.verdict).to.equal('Promote');
    }),
  );

  scenario(
    'goes back with the API of the kit where Prometheus says that it is slow, whatever the logs say',
    (workload) =>
      withKit(workload, API, async ({ ship }) => {
        const before = await workload.rollout();
        await ship({ version: 'v2', faults: ['slow'] });
        const { status } = await workload.untilPhase('Degraded');
        expect(status).to.include({ abort: true, stableRS: before.status?.stableRS });
        const [run] = await workload.analysisRuns();
        expect(run && phasesOf(run)).to.include({ 'latency-p95': 'Failed' });
      }),
  );

  scenario('goes back with the API of the kit where the logs say why, whatever Prometheus says', (workload) =>
    withKit(workload, API, async ({ ship }) => {
      await ship({ version: 'v2', faults: ['swallowed'] });
      await workload.untilPhase('Degraded');
      const { run, analysis } = await workload.outcome();
      expect(phasesOf(run)).to.include({ 'canary-analysis': 'Failed' });
      expect(Object.values(phasesOf(run)).filter((phase) => phase === 'Failed')).to.have.lengthOf(1);
      expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    }),
  );

  scenario(
    'takes both measurements of each template that is joined with the comparison of the logs',
    (workload) =>
      withKit(workload, API, async ({ ship, objects }) => {
        const joined = objects
          .filter(({ kind, metadata }) => kind === 'AnalysisTemplate' && metadata.name.endsWith('-with-logs'))
          .map(({ metadata }) => metadata.name);
        const analysis = {
          templates: joined.map((templateName) => ({ templateName })),
          args: [
            { name: 'service-name', value: 'ai-engine-api-canary' },
            { name: 'workload', value: 'ai-engine-api' },
            { name: 'pod-hash', valueFrom: { podTemplateHashValue: 'Latest' } },
            { name: 'namespace', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          ],
        };
        const steps = [{ setWeight: 20 }, { pause: { duration: '10s' } }, { analysis }];
        const { client } = workload.environment.lab;
        await client.patch(workload.rolloutPath, { spec: { strategy: { canary: { steps } } } });
        await ship({ version: 'v2' });
        await workload.untilPhase('Healthy');
        const [run] = await workload.analysisRuns();
        const single = joined.map((name) => name.replace(/-with-logs$/, ''));
        expect(single).to.have.lengthOf(9);
        expect(run && phasesOf(run)).to.deep.equal(
          Object.fromEntries(
            single.flatMap((name) => [name, `canary-analysis-${name}`]).map((name) => [name, 'Successful']),
          ),
        );
      }),
  );

  scenario('switches the workers of the kit once they are fit and a person says so', (workload) =>
    withKit(workload, WORKERS, async ({ ship }) => {
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
      const ofPods = (pre === undefined ? [] : queriesOf(pre)).filter((query) =>
        query.includes('container_'),
      );
      expect(ofPods).to.have.lengthOf(2);
      for (const query of ofPods)
        expect(query).to.include(`pod=~"ai-engine-workers-${status?.currentPodHash}-.*"`);
    }),
  );

  scenario('does not switch to workers of the kit that take more memory than they may', (workload) =>
    withKit(workload, WORKERS, async ({ ship }) => {
      const before = await workload.rollout();
      await ship({ version: 'v2', faults: ['memory'] });
      await workload.untilPhase('Degraded');
      expect(await workload.selectedBy('ai-engine-workers-active')).to.equal(before.status?.stableRS);
      const [pre] = await workload.analysisRuns();
      expect(pre && phasesOf(pre)).to.include({ 'memory-usage': 'Failed' });
    }),
  );
}

/** The queries that Prometheus was asked, arguments resolved. */
function queriesOf({ status }: AnalysisRun): string[] {
  return (status?.metricResults ?? []).flatMap(({ metadata }) => metadata?.['ResolvedPrometheusQuery'] ?? []);
}

/** What came of each metric. */
export function phasesOf({ status }: AnalysisRun): Readonly<Record<string, string>> {
  return Object.fromEntries((status?.metricResults ?? []).map(({ name, phase }) => [name, phase]));
}
