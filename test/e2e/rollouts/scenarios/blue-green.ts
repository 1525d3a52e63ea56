import { expect } from 'chai';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { type Rollout, service } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const CHECK = { templates: [{ templateName: 'check' }] };

/** Analyses before and after the active Service is switched. */
export function blueGreen(scenario: AddScenario): void {
  scenario('promotes a blue-green release that is fit before and after the switch', async (workload) => {
    const before = await begin(workload, { prePromotionAnalysis: CHECK, postPromotionAnalysis: CHECK });
    await workload.ship({ version: 'v2' });
    const { status } = await workload.untilPhase('Healthy');

    expect(await workload.selectedBy('active')).to.equal(status?.currentPodHash);
    const runs = await workload.analysisRuns();
    expect(runs.map(({ metadata }) => metadata.labels?.['rollout-type'])).to.deep.equal([
      'PrePromotion',
      'PostPromotion',
    ]);
    for (const { status: judged } of await workload.analyses())
      expect(judged).to.include({
        verdict: 'Promote',
        stableHash: before.status?.stableRS,
        canaryHash: status?.currentPodHash,
      });
  });

  scenario('does not switch to a blue-green release that answers 500s in the preview', async (workload) => {
    const before = await begin(workload, { prePromotionAnalysis: CHECK });
    await workload.ship({ version: 'v2', fault: 'orders' });
    await workload.untilPhase('Degraded');

    expect(await workload.selectedBy('active')).to.equal(before.status?.stableRS);
    const { run, analysis } = await workload.outcome();
    expect(run.metadata.name).to.match(/-pre$/);
    expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
  });

  scenario('switches back from a blue-green release that answers 500s', async (workload) => {
    const before = await begin(workload, { postPromotionAnalysis: CHECK });
    await workload.ship({ version: 'v2', fault: 'orders' });
    await workload.untilMeasuring();
    expect(await workload.selectedBy('active')).not.to.equal(before.status?.stableRS);
    await workload.untilPhase('Degraded');
    await workload.untilSelectedBy('active', before.status?.stableRS);

    const { run, analysis } = await workload.outcome();
    expect(run.metadata.name).to.match(/-post$/);
    expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
  });
}

async function begin(
  workload: ScenarioWorkload,
  analyses: NonNullable<KubeObject['spec']>,
): Promise<Rollout> {
  await workload.template('check', { observation: { waitSeconds: 30, minPower: 0 } });
  for (const name of ['active', 'preview'])
    await workload.environment.lab.apply(service(workload.namespace, name));
  const rollout = await workload.deploy({
    blueGreen: { activeService: 'active', previewService: 'preview', ...analyses },
  });
  workload.sendTraffic();
  return rollout;
}
