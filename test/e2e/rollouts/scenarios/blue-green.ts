import { expect } from 'chai';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { type Rollout, service } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

const CHECK = { templates: [{ templateName: 'check' }] };

/** Analyses before and after the active Service is switched. */
export function blueGreen(story: Scenario): void {
  story('promotes a blue-green release that is fit before and after the switch', async (shop) => {
    const before = await begin(shop, { prePromotionAnalysis: CHECK, postPromotionAnalysis: CHECK });
    await shop.ship({ version: 'v2' });
    const { status } = await shop.untilPhase('Healthy');

    expect(await shop.selectedBy('active')).to.equal(status?.currentPodHash);
    const runs = await shop.analysisRuns();
    expect(runs.map(({ metadata }) => metadata.labels?.['rollout-type'])).to.deep.equal([
      'PrePromotion',
      'PostPromotion',
    ]);
    for (const { status: judged } of await shop.analyses())
      expect(judged).to.include({
        verdict: 'Promote',
        stableHash: before.status?.stableRS,
        canaryHash: status?.currentPodHash,
      });
  });

  story('does not switch to a blue-green release that answers 500s in the preview', async (shop) => {
    const before = await begin(shop, { prePromotionAnalysis: CHECK });
    await shop.ship({ version: 'v2', fault: 'orders' });
    await shop.untilPhase('Degraded');

    expect(await shop.selectedBy('active')).to.equal(before.status?.stableRS);
    const { run, analysis } = await shop.outcome();
    expect(run.metadata.name).to.match(/-pre$/);
    expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
  });

  story('switches back from a blue-green release that answers 500s', async (shop) => {
    const before = await begin(shop, { postPromotionAnalysis: CHECK });
    await shop.ship({ version: 'v2', fault: 'orders' });
    await shop.untilMeasuring();
    expect(await shop.selectedBy('active')).not.to.equal(before.status?.stableRS);
    await shop.untilPhase('Degraded');
    await shop.untilSelectedBy('active', before.status?.stableRS);

    const { run, analysis } = await shop.outcome();
    expect(run.metadata.name).to.match(/-post$/);
    expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
  });
}

async function begin(shop: Shop, analyses: NonNullable<KubeObject['spec']>): Promise<Rollout> {
  await shop.template('check', { observation: { waitSeconds: 12, minPower: 0 } });
  for (const name of ['active', 'preview']) await shop.stage.lab.apply(service(shop.namespace, name));
  const rollout = await shop.begin({
    blueGreen: { activeService: 'active', previewService: 'preview', ...analyses },
  });
  shop.sendTraffic();
  return rollout;
}
