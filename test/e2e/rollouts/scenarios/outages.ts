import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { RealLab } from '../../../lab/real-lab.ts';
import { signalProcess } from '../../../lab/rollouts/environment.ts';
import { analysis, canary, measurementsOf, setWeight } from '../../../lab/rollouts/objects.ts';
import { expectPairJudged, measurePair, untilObserved } from '../measurement.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

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
export function outages(scenario: AddScenario): void {
  for (const [how, leave] of Object.entries(OUTAGES))
    scenario(`the API server ${how} after 30 seconds in mid-analysis`, (workload) =>
      execute(workload, leave),
    );
}

async function execute(
  workload: ScenarioWorkload,
  leave: (lab: RealLab) => Promise<() => Promise<void>>,
): Promise<void> {
  const pair = await measurePair(workload);
  await untilObserved(pair);
  const comeBack = await leave(workload.environment.lab);
  try {
    await sleep(OUTAGE_MS, undefined, { signal: workload.signal });
  } finally {
    await comeBack();
  }
  await expectPairJudged(pair);
}

/** No operator at all, on an environment that has none: it takes Argo Rollouts some six minutes to give up. */
export function operatorDown(scenario: AddScenario): void {
  scenario(
    'ends in Error within 8 minutes, and says in each measurement that no operator runs',
    async (workload) => {
      await workload.template('check', { observation: { waitSeconds: 10 } });
      const before = await workload.deploy(canary([setWeight(34), analysis('check')]));
      await workload.ship({ version: 'v2' });
      const run = await workload.untilMeasuring();
      const ended = await workload.untilAnalysisRun(run, 'is in Error', ({ status }) => {
        return status?.phase === 'Error';
      });
      const took = Date.now() - Date.parse(ended.metadata.creationTimestamp ?? '');
      expect(took).to.be.below(480_000);
      const measurements = measurementsOf(ended);
      expect(measurements.map(({ metadata }) => metadata?.['reason'])).to.deep.equal(
        Array(5).fill('OperatorNotRunning'),
      );
      expect(measurements.at(-1)?.message).to.contain('no operator took up CanaryAnalysis');
      const { status } = await workload.untilPhase('Degraded');
      expect(status?.stableRS).to.equal(before.status?.stableRS);
      await workload.environment.startOperator();
    },
    600_000,
  );
}
