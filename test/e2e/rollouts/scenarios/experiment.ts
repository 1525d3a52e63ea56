import { expect } from 'chai';
import { canary, type Release, type Step, setWeight } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

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
export function experiments(scenario: AddScenario): void {
  scenario('compares the pods of an Experiment step and promotes', async (workload) => {
    await execute(workload, { version: 'v2' });
    await workload.untilPhase('Healthy');

    const { run, analysis } = await workload.outcome();
    expect(run.metadata.ownerReferences?.map(({ kind }) => kind)).to.deep.equal(['Experiment']);
    expect(analysis.status).to.include({ verdict: 'Promote', assessment: 'Clean' });
    const { stable, canary: candidate } = analysis.status?.coverage ?? {};
    expect(stable, 'the one pod of the baseline, not those of the stable ReplicaSet').to.include({
      podsFound: 1,
    });
    expect(candidate).to.include({ podsFound: 1 });
  });

  scenario('aborts when the canary of an Experiment step answers 500s', async (workload) => {
    const before = await execute(workload, { version: 'v2', fault: 'orders' });
    const { status } = await workload.untilPhase('Degraded');

    expect(status?.stableRS).to.equal(before.status?.stableRS);
    const { run, analysis } = await workload.outcome();
    expect(run.status?.phase).to.equal('Failed');
    expect(analysis.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
  });
}

async function execute(workload: ScenarioWorkload, release: Release) {
  await workload.template('check', { observation: { waitSeconds: 30, minPower: 0 } });
  const before = await workload.deploy(canary([EXPERIMENT, setWeight(67)]));
  workload.sendTraffic();
  await workload.ship(release);
  return before;
}
