import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { analysis, canary, measurementsOf, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';

const OUTAGE_MS = 30_000;

/** The API server away. */
export function outages(story: Scenario): void {
  story('promotes on evidence after it has not answered for 30 seconds in mid-analysis', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 60 } });
    await shop.begin(canary([setWeight(34), analysis('check')]));
    shop.sendTraffic();
    const verdicts = shop.watchVerdicts();
    await shop.ship({ version: 'v2' });
    await shop.untilMeasuring();
    await shop.untilAnalysis('is observed', (one) => one.status?.canaryHash !== undefined);
    const { apiServerPid } = shop.stage.lab;
    process.kill(apiServerPid, 'SIGSTOP');
    try {
      await sleep(OUTAGE_MS, undefined, { signal: shop.signal });
    } finally {
      process.kill(apiServerPid, 'SIGCONT');
    }
    await shop.untilPhase('Healthy');

    const { run, analysis: judged } = await shop.outcome();
    expect(measurementsOf(run).map(({ phase }) => phase)).to.deep.equal(['Successful']);
    expect(judged.status?.verdict).to.equal('Promote');
    expect([...verdicts]).to.have.lengthOf(1);
  });
}

/** No operator at all, on a stage that has none: it takes Argo Rollouts some six minutes to give up. */
export function operatorDown(story: Scenario): void {
  story(
    'ends in Error within 8 minutes, and says in each measurement that no operator runs',
    async (shop) => {
      await shop.template('check', { observation: { waitSeconds: 10 } });
      const before = await shop.begin(canary([setWeight(34), analysis('check')]));
      await shop.ship({ version: 'v2' });
      const run = await shop.untilMeasuring();
      const ended = await shop.untilAnalysisRun(run, 'is in Error', ({ status }) => {
        return status?.phase === 'Error';
      });
      const took = Date.now() - Date.parse(ended.metadata.creationTimestamp ?? '');
      expect(took).to.be.below(480_000);
      const measurements = measurementsOf(ended);
      expect(measurements.map(({ metadata }) => metadata?.['reason'])).to.deep.equal(
        Array(5).fill('OperatorNotRunning'),
      );
      expect(measurements.at(-1)?.message).to.contain('no operator took up CanaryAnalysis');
      const { status } = await shop.untilPhase('Degraded');
      expect(status?.stableRS).to.equal(before.status?.stableRS);
      await shop.stage.startOperator();
    },
    600_000,
  );
}
