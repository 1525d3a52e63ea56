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
} from '../objects.ts';
import type { Scenario } from '../scenario.ts';

/** Ends as soon as there is enough evidence to promote on, some ten seconds with the traffic here. */
const PATIENT = { observation: { waitSeconds: 60 } };

/** Analyses that are steps, in all the ways a metric can be asked for. */
export function analysisSteps(story: Scenario): void {
  story('pauses when the evidence is thin, and goes on when a person promotes', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 2 } });
    const before = await shop.begin(canary([setWeight(34), analysis('check')]));
    await shop.ship({ version: 'v2' });
    const paused = await shop.untilRollout('is paused by the analysis', ({ status }) =>
      (status?.pauseConditions ?? []).some(({ reason }) => reason === 'InconclusiveAnalysisRun'),
    );
    expect(paused.status?.stableRS).to.equal(before.status?.stableRS);
    const { run, analysis: judged } = await shop.outcome();
    expect(run.status?.phase).to.equal('Inconclusive');
    expect(judged.status).to.include({ verdict: 'Inconclusive', assessment: 'Insufficient' });

    await shop.promote();
    const { status } = await shop.untilPhase('Healthy');
    expect(status?.stableRS).to.equal(paused.status?.currentPodHash);
    await shop.outcome();
  });

  story('measures as often as count and interval say, each time anew', async (shop) => {
    await shop.template('check', PATIENT, { count: 3, interval: '1s' });
    await shop.begin(canary([setWeight(34), analysis('check')]));
    shop.sendTraffic();
    await shop.ship({ version: 'v2' });
    await shop.untilPhase('Healthy');

    const [run] = await shop.analysisRuns();
    expect(run && measurementsOf(run).map(({ phase }) => phase)).to.deep.equal(Array(3).fill('Successful'));
    const analyses = await shop.analyses();
    expect(analyses.map(({ spec }) => spec.measurement?.ordinal)).to.deep.equal([1, 2, 3]);
    expect(analyses.map((one) => one.status?.look)).to.deep.equal([1, 2, 3]);
    const windows = analyses.map((one) => one.status?.window);
    for (const [index, window] of windows.entries())
      expect(Date.parse(window?.canaryStart ?? '')).to.be.at.least(
        Date.parse(windows[index - 1]?.end ?? '1970-01-01T00:00:00Z'),
      );
  });

  story('forgives as many aborts as failureLimit says, and no more', async (shop) => {
    const config = { observation: { waitSeconds: 10, minPower: 0 } };
    await shop.template('check', config, { count: 4, interval: '1s', failureLimit: 1 });
    await shop.begin(canary([setWeight(34), analysis('check')]));
    shop.sendTraffic();
    await shop.ship({ version: 'v2', fault: 'orders' });
    await shop.untilPhase('Degraded');

    const [run] = await shop.analysisRuns();
    expect(run?.status?.metricResults?.[0]).to.include({ phase: 'Failed', failed: 2 });
    expect((await shop.analyses()).map((one) => one.status?.verdict)).to.deep.equal(['Abort', 'Abort']);
  });

  story('says what it would do in a dry run, and lets the canary pass', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 12 } });
    const dryRun = { dryRun: [{ metricName: METRIC }] };
    await shop.begin(canary([setWeight(34), analysis('check', dryRun)]));
    shop.sendTraffic();
    await shop.ship({ version: 'v2', fault: 'orders' });
    await shop.untilPhase('Healthy');

    const { run, analysis: judged } = await shop.outcome();
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    expect(run.status?.metricResults?.[0]).to.include({ phase: 'Failed', dryRun: true });
    expect(run.status?.phase).to.equal('Successful');
  });

  story('takes its metric from a ClusterAnalysisTemplate', async (shop) => {
    const name = `check-for-${shop.namespace}`;
    await shop.stage.lab.apply(analysisTemplate({ name }, metric(PATIENT)));
    const templates = [{ templateName: name, clusterScope: true }];
    await shop.begin(canary([setWeight(34), { analysis: { templates } }]));
    shop.sendTraffic();
    await shop.ship({ version: 'v2' });
    await shop.untilPhase('Healthy');

    const { analysis: judged } = await shop.outcome();
    expect(judged.status?.verdict).to.equal('Promote');
  });

  story('asks again for each analysis step', async (shop) => {
    await shop.template('check', PATIENT);
    const steps = [setWeight(34), analysis('check'), setWeight(67), analysis('check'), pause(1)];
    await shop.begin(canary(steps));
    shop.sendTraffic();
    await shop.ship({ version: 'v2' });
    await shop.untilPhase('Healthy');

    const runs = await shop.analysisRuns();
    expect(runs.map(({ metadata }) => metadata.labels?.['step-index'])).to.deep.equal(['1', '3']);
    expect((await shop.analyses()).map((one) => one.status?.verdict)).to.deep.equal(['Promote', 'Promote']);
  });
}
