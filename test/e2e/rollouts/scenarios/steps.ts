import { expect } from 'chai';
import {
  analysis,
  analysisTemplate,
  canary,
  METRIC,
  measurementsOf,
  metric,
  pause,
  setWeight,
} from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';

/** Ends as soon as there is enough evidence to promote on, some ten seconds with the traffic here. */
const PATIENT = { observation: { waitSeconds: 60 } };

/** Analyses that are steps, in all the ways a metric can be asked for. */
export function analysisSteps(scenario: AddScenario): void {
  scenario('pauses when the evidence is thin, and goes on when a person promotes', async (workload) => {
    await workload.template('check', { observation: { waitSeconds: 2 } });
    const before = await workload.deploy(canary([setWeight(34), analysis('check')]));
    await workload.ship({ version: 'v2' });
    const paused = await workload.untilRollout('is paused by the analysis', ({ status }) =>
      (status?.pauseConditions ?? []).some(({ reason }) => reason === 'InconclusiveAnalysisRun'),
    );
    expect(paused.status?.stableRS).to.equal(before.status?.stableRS);
    const { run, analysis: judged } = await workload.outcome();
    expect(run.status?.phase).to.equal('Inconclusive');
    expect(judged.status).to.include({ verdict: 'Inconclusive', assessment: 'Insufficient' });

    await workload.promote();
    const { status } = await workload.untilPhase('Healthy');
    expect(status?.stableRS).to.equal(paused.status?.currentPodHash);
    await workload.outcome();
  });

  scenario('measures as often as count and interval say, each time anew', async (workload) => {
    await workload.template('check', PATIENT, { count: 3, interval: '1s' });
    await workload.deploy(canary([setWeight(34), analysis('check')]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    await workload.untilPhase('Healthy');

    const [run] = await workload.analysisRuns();
    expect(run && measurementsOf(run).map(({ phase }) => phase)).to.deep.equal(Array(3).fill('Successful'));
    const analyses = await workload.analyses();
    expect(analyses.map(({ spec }) => spec.measurement?.ordinal)).to.deep.equal([1, 2, 3]);
    expect(analyses.map((one) => one.status?.look)).to.deep.equal([1, 2, 3]);
    const windows = analyses.map((one) => one.status?.window);
    for (const [index, window] of windows.entries())
      expect(Date.parse(window?.canaryStart ?? '')).to.be.at.least(
        Date.parse(windows[index - 1]?.end ?? '1970-01-01T00:00:00Z'),
      );
  });

  scenario('forgives as many aborts as failureLimit says, and no more', async (workload) => {
    const config = { observation: { waitSeconds: 10, minPower: 0 } };
    await workload.template('check', config, { count: 4, interval: '1s', failureLimit: 1 });
    await workload.deploy(canary([setWeight(34), analysis('check')]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2', fault: 'orders' });
    await workload.untilPhase('Degraded');

    const [run] = await workload.analysisRuns();
    expect(run?.status?.metricResults?.[0]).to.include({ phase: 'Failed', failed: 2 });
    expect((await workload.analyses()).map((one) => one.status?.verdict)).to.deep.equal(['Abort', 'Abort']);
  });

  scenario('says what it would do in a dry run, and lets the canary pass', async (workload) => {
    await workload.template('check', { observation: { waitSeconds: 30 } });
    const dryRun = { dryRun: [{ metricName: METRIC }] };
    await workload.deploy(canary([setWeight(34), analysis('check', dryRun)]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2', fault: 'orders' });
    await workload.untilPhase('Healthy');

    const { run, analysis: judged } = await workload.outcome();
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    expect(run.status?.metricResults?.[0]).to.include({ phase: 'Failed', dryRun: true });
    expect(run.status?.phase).to.equal('Successful');
  });

  scenario('takes its metric from a ClusterAnalysisTemplate', async (workload) => {
    const name = `check-for-${workload.namespace}`;
    await workload.environment.lab.apply(analysisTemplate({ name }, metric(PATIENT)));
    const templates = [{ templateName: name, clusterScope: true }];
    await workload.deploy(canary([setWeight(34), { analysis: { templates } }]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    await workload.untilPhase('Healthy');

    const { analysis: judged } = await workload.outcome();
    expect(judged.status?.verdict).to.equal('Promote');
  });

  scenario('asks again for each analysis step', async (workload) => {
    await workload.template('check', PATIENT);
    const steps = [setWeight(34), analysis('check'), setWeight(67), analysis('check'), pause(1)];
    await workload.deploy(canary(steps));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    await workload.untilPhase('Healthy');

    const runs = await workload.analysisRuns();
    expect(runs.map(({ metadata }) => metadata.labels?.['step-index'])).to.deep.equal(['1', '3']);
    expect((await workload.analyses()).map((one) => one.status?.verdict)).to.deep.equal([
      'Promote',
      'Promote',
    ]);
  });
}
