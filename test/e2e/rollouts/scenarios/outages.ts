import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { RealLab } from '../../../lab/real-lab.ts';
import { expectPairJudged, measurePair, untilObserved } from '../measurement.ts';
import { analysis, canary, measurementsOf, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';
import { signalProcess } from '../stage.ts';

const OUTAGE_MS = 30_000;

/** How the API server goes; what comes back brings it again. */
const OUTAGES: Readonly<Record<string, (lab: RealLab) => Promise<() => Promise<void>>>> = {
  'does not answer, and goes on': async ({ apiServer }) => {
    signalProcess(apiServer.pid, 'SIGSTOP');
    return async () => void signalProcess(apiServer.pid, 'SIGCONT');
  },
  'is stopped, and started again': async ({ apiServer }) => {
    await apiServer.stop();
    return () => apiServer.start();
  },
};

/** The API server away. */
export function outages(story: Scenario): void {
  for (const [how, leave] of Object.entries(OUTAGES))
    story(`the API server ${how} after 30 seconds in mid-analysis`, (shop) => play(shop, leave));
}

async function play(shop: Shop, leave: (lab: RealLab) => Promise<() => Promise<void>>): Promise<void> {
  const pair = await measurePair(shop);
  await untilObserved(pair);
  const comeBack = await leave(shop.stage.lab);
  try {
    await sleep(OUTAGE_MS, undefined, { signal: shop.signal });
  } finally {
    await comeBack();
  }
  await expectPairJudged(pair);
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
