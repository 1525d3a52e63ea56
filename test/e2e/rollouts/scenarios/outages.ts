import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { OperatorProcess } from '../../../lab/system.ts';
import { analysis, canary, measurementsOf, setWeight } from '../objects.ts';
import type { Scenarios } from '../scenario.ts';
import type { Shop } from '../shop.ts';
import type { Stage } from '../stage.ts';

const LED = 'became leader';
const OUTAGE_MS = 30_000;

/** How a leader goes. */
const DEPARTURES: Readonly<Record<string, (leader: OperatorProcess) => Promise<void>>> = {
  'is told to stop': (leader) => leader.stop(),
  'is killed': (leader) => leader.kill(),
};

/** The operator handed over or gone, and the API server away. */
export function outages({ alone }: Scenarios): void {
  for (const [how, leave] of Object.entries(DEPARTURES)) {
    alone(`aborts with one verdict when the leader of two operators ${how}`, async (shop) => {
      const { stage } = shop;
      await stage.killOperators();
      const leader = await candidate(stage, 'first');
      await untilLogged(shop, leader, LED);
      const heir = await candidate(stage, 'second');
      try {
        const { before, verdicts } = await observed(shop, 'orders');
        expect(messages(heir)).not.to.include(LED);
        await leave(leader);
        const { status } = await shop.untilPhase('Degraded');

        expect(status?.stableRS).to.equal(before);
        expect(messages(heir)).to.include(LED);
        const { analysis: judged } = await shop.outcome();
        expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
        expect([...verdicts]).to.have.lengthOf(1);
      } finally {
        await stage.killOperators();
        await stage.startOperator();
      }
    });
  }

  alone('decides nothing by an API server that does not answer for 30 seconds', async (shop) => {
    const { verdicts } = await observed(shop);
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

/** No operator at all: it takes Argo Rollouts some six minutes to give up. */
export function operatorDown({ alone }: Scenarios): void {
  alone(
    'ends in Error within 8 minutes, and says why, when no operator runs',
    async (shop) => {
      await shop.stage.killOperators();
      try {
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
      } finally {
        await shop.stage.startOperator();
      }
    },
    540_000,
  );
}

/** A canary whose pods the operator observes. */
async function observed(shop: Shop, fault?: 'orders') {
  await shop.template('check', { observation: { waitSeconds: 12, minPower: 0 } });
  const { status } = await shop.begin(canary([setWeight(34), analysis('check')]));
  shop.sendTraffic();
  const verdicts = shop.watchVerdicts();
  await shop.ship(fault === undefined ? { version: 'v2' } : { version: 'v2', fault });
  await shop.untilMeasuring();
  await shop.untilAnalysis('is observed', (one) => one.status?.canaryHash !== undefined);
  return { before: status?.stableRS, verdicts };
}

function candidate(stage: Stage, name: string): Promise<OperatorProcess> {
  const env = { POD_NAME: name, POD_NAMESPACE: 'canary-analysis' };
  return stage.startOperator({ args: ['--leader-elect'], env });
}

async function untilLogged(shop: Shop, operator: OperatorProcess, message: string): Promise<void> {
  while (!messages(operator).includes(message)) await sleep(100, undefined, { signal: shop.signal });
}

function messages({ log }: OperatorProcess): (string | undefined)[] {
  return log.map(({ message }) => message);
}
