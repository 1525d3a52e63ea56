import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { OperatorProcess } from '../../../lab/system.ts';
import { orAborted } from '../../../support/promises.ts';
import { type AnalysisRun, analysis, canary, measurementsOf, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';
import { type Stage, signalProcess } from '../stage.ts';

const LED = 'became leader';
/** Shorter than the controller's own 15/10/2 s, so that the story is. */
const ELECTED = [
  '--leader-elect=true',
  '--leader-election-lease-duration=8s',
  '--leader-election-renew-deadline=5s',
  '--leader-election-retry-period=1s',
];

/** How a leader goes. */
const DEPARTURES: Readonly<Record<string, (leader: OperatorProcess) => Promise<void>>> = {
  'is told to stop': (leader) => leader.stop(),
  'is killed': (leader) => leader.kill(),
};

/** A replica that takes over. */
export function handOvers(story: Scenario): void {
  for (const [how, leave] of Object.entries(DEPARTURES))
    story(`the leader of two operators ${how}`, (shop) => playOperators(shop, leave));
  story(
    'one Rollouts controller takes over from another that is stuck, so that two plugin processes wait for the verdict',
    playControllers,
  );
}

async function playOperators(shop: Shop, leave: (leader: OperatorProcess) => Promise<void>): Promise<void> {
  const { stage } = shop;
  await stage.killOperators();
  const leader = await candidate(stage, 'first');
  await untilLogged(shop, leader, LED);
  const heir = await candidate(stage, 'second');
  try {
    const config = { observation: { waitSeconds: 12, minPower: 0 } };
    const { stableRS, verdicts } = await measure(shop, config, 'orders');
    await shop.untilAnalysis('is observed', (one) => one.status?.canaryHash !== undefined);
    expect(messages(heir)).not.to.include(LED);
    await leave(leader);
    const { status } = await shop.untilPhase('Degraded');

    expect(status?.stableRS).to.equal(stableRS);
    expect(messages(heir)).to.include(LED);
    const { analysis: judged } = await shop.outcome();
    expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
    expect([...verdicts]).to.have.lengthOf(1);
  } finally {
    await stage.killOperators();
    await stage.startOperator();
  }
}

/** The first leader is stopped in its tracks, with its plugin alive, and wakes up when the other has finished. */
async function playControllers(shop: Shop): Promise<void> {
  const { stage } = shop;
  const { reviewer } = stage;
  const unfit = await shop.beside('unfit');
  const leader = await stage.restartController(...ELECTED);
  try {
    const [fit, other] = await Promise.all([
      measure(shop, { observation: { waitSeconds: 60 }, ...reviewer.agent() }),
      measure(unfit, { observation: { waitSeconds: 12, minPower: 0 }, ...reviewer.agent() }, 'orders'),
    ]);
    const heir = await stage.startController(...ELECTED);
    for (const { namespace, signal } of [shop, unfit]) await reviewer.question(namespace, signal);
    const first = await untilPlugin(shop, leader);
    process.kill(leader.process.pid, 'SIGSTOP');
    const second = await untilPlugin(shop, heir);
    for (const pid of [first, second]) expect(signalProcess(pid, 0), 'both plugins live').to.equal(true);

    reviewer.decide(shop.namespace, 'Promote');
    reviewer.decide(unfit.namespace, 'Abort');
    const [healthy, degraded] = await Promise.all([shop.untilPhase('Healthy'), unfit.untilPhase('Degraded')]);
    for (const pid of [first, second]) expect(signalProcess(pid, 0), 'both plugins live').to.equal(true);
    signalProcess(leader.process.pid, 'SIGCONT');
    const ended = await orAborted(
      leader.process.died.catch((error: Error) => error.message),
      shop.signal,
    );
    expect(ended, 'the old leader sees that it is none any more').to.match(/ended \(exit|SIG/);

    expect(healthy.status?.stableRS).to.equal(healthy.status?.currentPodHash);
    expect(degraded.status?.stableRS).to.equal(other.stableRS);
    await expectOne(shop, fit, 'Successful', 'Promote');
    await expectOne(unfit, other, 'Failed', 'Abort');
  } finally {
    signalProcess(leader.process.pid, 'SIGCONT');
    await stage.restartController();
  }
}

interface Measured {
  readonly run: AnalysisRun;
  readonly stableRS: string | undefined;
  readonly verdicts: ReadonlySet<string>;
}

/** A canary whose first measurement is under way. */
async function measure(
  shop: Shop,
  config: Readonly<Record<string, unknown>>,
  fault?: 'orders',
): Promise<Measured> {
  await shop.template('check', config);
  const { status } = await shop.begin(canary([setWeight(34), analysis('check')]));
  shop.sendTraffic();
  const verdicts = shop.watchVerdicts();
  await shop.ship(fault === undefined ? { version: 'v2' } : { version: 'v2', fault });
  return { run: await shop.untilMeasuring(), stableRS: status?.stableRS, verdicts };
}

async function expectOne(
  shop: Shop,
  { run, verdicts }: Measured,
  phase: string,
  verdict: string,
): Promise<void> {
  const { run: ended, analysis: judged } = await shop.outcome();
  expect(ended.metadata.uid).to.equal(run.metadata.uid);
  expect(ended.status?.phase).to.equal(phase);
  expect(measurementsOf(ended).map((one) => one.phase)).to.deep.equal([phase]);
  expect(measurementsOf(ended)[0]?.startedAt).to.equal(measurementsOf(run)[0]?.startedAt);
  expect(judged.status?.verdict).to.equal(verdict);
  expect([...verdicts]).to.have.lengthOf(1);
}

async function untilPlugin(shop: Shop, controller: Parameters<Stage['pluginPid']>[0]): Promise<number> {
  for (;;) {
    const pid = await shop.stage.pluginPid(controller);
    if (pid !== undefined) return pid;
    await sleep(50, undefined, { signal: shop.signal });
  }
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
