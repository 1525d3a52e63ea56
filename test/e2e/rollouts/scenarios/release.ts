import { expect } from 'chai';
import { analysis, canary, measurementsOf, NAME, setWeight } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';

/** What every minor has to do: promote, and abort. */
export function releases(scenario: AddScenario): void {
  scenario('promotes a healthy canary on evidence', async (workload) => {
    await workload.template('check', { observation: { waitSeconds: 40 } });
    await workload.deploy(canary([setWeight(34), analysis('check')]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    const { status } = await workload.untilPhase('Healthy');

    const { run, analysis: judged } = await workload.outcome();
    expect(run.metadata.labels).to.include({ 'rollout-type': 'Step', 'step-index': '1' });
    expect(run.status?.phase).to.equal('Successful');
    expect(judged.status).to.include({ verdict: 'Promote', assessment: 'Clean', rollout: NAME });
    expect(judged.status?.canaryHash).to.equal(status?.stableRS);
    expect(judged.status?.coverage?.power).to.be.at.least(80);
    expect(judged.metadata.ownerReferences?.map(({ kind }) => kind)).to.deep.equal(['Rollout']);
    const [measurement] = measurementsOf(run);
    expect(Number(measurement?.value)).to.equal((judged.status?.confidence ?? 0) / 100);
    expect(measurement?.message).to.equal(judged.status?.message);
  });

  scenario('aborts a canary that answers 500s, and goes back', async (workload) => {
    await workload.template('check', { observation: { waitSeconds: 30 } });
    const before = await workload.deploy(canary([setWeight(34), analysis('check')]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2', fault: 'orders' });
    const { status } = await workload.untilPhase('Degraded');

    expect(status).to.include({ abort: true, stableRS: before.status?.stableRS });
    const { run, analysis: judged } = await workload.outcome();
    expect(run.status?.phase).to.equal('Failed');
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    const [finding] = judged.status?.findings ?? [];
    expect(finding?.samples?.join('\n')).to.contain(
      "Cannot read properties of undefined (reading 'percent')",
    );
    expect(measurementsOf(run)[0]).to.include({ value: '0', message: judged.status?.message });
  });
}
