import { expect } from 'chai';
import { canary, type Release, type Step, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

const EXPERIMENT: Step = {
  experiment: {
    templates: [
      { name: 'baseline', specRef: 'stable' },
      { name: 'candidate', specRef: 'canary' },
    ],
    analyses: [{ name: 'check', templateName: 'check', requiredForCompletion: true }],
  },
};

/** Analyses of an Experiment, whose pods have hashes of their own and whose AnalysisRun has no labels. */
export function experiments(story: Scenario): void {
  story('compares the pods of an Experiment step and promotes', async (shop) => {
    await play(shop, { version: 'v2' });
    await shop.untilPhase('Healthy');

    const { run, analysis } = await shop.outcome();
    expect(run.metadata.ownerReferences?.map(({ kind }) => kind)).to.deep.equal(['Experiment']);
    expect(analysis.status).to.include({ verdict: 'Promote', assessment: 'Clean' });
    const { stable, canary: candidate } = analysis.status?.coverage ?? {};
    expect(stable, 'the one pod of the baseline, not those of the stable ReplicaSet').to.include({
      podsFound: 1,
    });
    expect(candidate).to.include({ podsFound: 1 });
  });

  story('aborts when the canary of an Experiment step answers 500s', async (shop) => {
    const before = await play(shop, { version: 'v2', fault: 'orders' });
    const { status } = await shop.untilPhase('Degraded');

    expect(status?.stableRS).to.equal(before.status?.stableRS);
    const { run, analysis } = await shop.outcome();
    expect(run.status?.phase).to.equal('Failed');
    expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
  });
}

async function play(shop: Shop, release: Release) {
  await shop.template('check', { observation: { waitSeconds: 12, minPower: 0 } });
  const before = await shop.begin(canary([EXPERIMENT, setWeight(67)]));
  shop.sendTraffic();
  await shop.ship(release);
  return before;
}
