import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { OperatorProcess } from '../../../lab/system.ts';
import { orAborted } from '../../../support/promises.ts';
import { expectVerdict, measure } from '../measurement.ts';
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

type Departure = (
  leader: OperatorProcess,
  untilSucceeded: () => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/** How a leader goes. */
const DEPARTURES: Readonly<Record<string, Departure>> = {
  'is told to stop': (leader) => leader.stop(),
  'is killed': (leader) => leader.kill(),
  'is frozen until the other leads, and then sees that it is none any more': async (
    leader,
    untilSucceeded,
    signal,
  ) => {
    signalProcess(leader.pid, 'SIGSTOP');
    await untilSucceeded();
    signalProcess(leader.pid, 'SIGCONT');
    expect(await orAborted(leader.exit, signal)).to.equal(1);
  },
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

async function playOperators(shop: Shop, leave: Departure): Promise<void> {
  const { stage } = shop;
  await stage.killOperators();
  const leader = await candidate(stage, 'first');
  await untilLogged(shop, leader, LED);
  const heir = await candidate(stage, 'second');
  try {
    const config = { observation: { waitSeconds: 12, minPower: 0 } };
    const measured = await measure(shop, config, 'orders');
    await shop.untilAnalysis('is observed', (one) => one.status?.canaryHash !== undefined);
    expect(messages(heir)).not.to.include(LED);
    await leave(leader, () => untilLogged(shop, heir, LED), shop.signal);
    const { status } = await shop.untilPhase('Degraded');

    expect(status?.stableRS).to.equal(measured.stableRS);
    expect(messages(heir)).to.include(LED);
    await expectVerdict(measured, 'Failed', { verdict: 'Abort', assessment: 'Regressed' });
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
    const first = await shop.stage.untilPlugin(shop.signal, leader);
    process.kill(leader.process.pid, 'SIGSTOP');
    const second = await shop.stage.untilPlugin(shop.signal, heir);
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
    await expectVerdict(fit, 'Successful', { verdict: 'Promote' });
    await expectVerdict(other, 'Failed', { verdict: 'Abort' });
  } finally {
    signalProcess(leader.process.pid, 'SIGCONT');
    await stage.restartController();
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
