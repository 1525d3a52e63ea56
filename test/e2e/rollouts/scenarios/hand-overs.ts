import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Environment, signalProcess } from '../../../lab/rollouts/environment.ts';
import type { OperatorProcess } from '../../../lab/system.ts';
import { orAborted } from '../../../support/promises.ts';
import { expectVerdict, measure } from '../measurement.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const LED = 'became leader';
/** Shorter than the controller's own 15/10/2 s, so that the scenario is. */
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
export function handOvers(scenario: AddScenario): void {
  for (const [how, leave] of Object.entries(DEPARTURES))
    scenario(`the leader of two operators ${how}`, (workload) => handOverOperators(workload, leave));
  scenario(
    'one Rollouts controller takes over from another that is stuck, so that two plugin processes wait for the verdict',
    handOverControllers,
  );
}

async function handOverOperators(workload: ScenarioWorkload, leave: Departure): Promise<void> {
  const { environment } = workload;
  await environment.killOperators();
  const leader = await candidate(environment, 'first');
  await untilLogged(workload, leader, LED);
  const heir = await candidate(environment, 'second');
  try {
    const config = { observation: { waitSeconds: 30, minPower: 0 } };
    const measured = await measure(workload, config, 'orders');
    await workload.untilAnalysis('is observed', (one) => one.status?.canaryHash !== undefined);
    expect(messages(heir)).not.to.include(LED);
    await leave(leader, () => untilLogged(workload, heir, LED), workload.signal);
    const { status } = await workload.untilPhase('Degraded');

    expect(status?.stableRS).to.equal(measured.stableRS);
    expect(messages(heir)).to.include(LED);
    await expectVerdict(measured, 'Failed', { verdict: 'Abort', assessment: 'Regressed' });
  } finally {
    await environment.killOperators();
    await environment.startOperator();
  }
}

/** The first leader is stopped in its tracks, with its plugin alive, and wakes up when the other has finished. */
async function handOverControllers(workload: ScenarioWorkload): Promise<void> {
  const { environment } = workload;
  const { reviewer } = environment;
  const unfit = await workload.beside('unfit');
  const leader = await environment.restartController(...ELECTED);
  try {
    const [fit, other] = await Promise.all([
      measure(workload, { observation: { waitSeconds: 60 }, ...reviewer.agent() }),
      measure(unfit, { observation: { waitSeconds: 30, minPower: 0 }, ...reviewer.agent() }, 'orders'),
    ]);
    const heir = await environment.startController(...ELECTED);
    for (const { namespace, signal } of [workload, unfit]) await reviewer.question(namespace, signal);
    const first = await workload.environment.untilPlugin(workload.signal, leader);
    process.kill(leader.process.pid, 'SIGSTOP');
    const second = await workload.environment.untilPlugin(workload.signal, heir);
    for (const pid of [first, second]) expect(signalProcess(pid, 0), 'both plugins live').to.equal(true);

    reviewer.decide(workload.namespace, 'Promote');
    reviewer.decide(unfit.namespace, 'Abort');
    const [healthy, degraded] = await Promise.all([
      workload.untilPhase('Healthy'),
      unfit.untilPhase('Degraded'),
    ]);
    for (const pid of [first, second]) expect(signalProcess(pid, 0), 'both plugins live').to.equal(true);
    signalProcess(leader.process.pid, 'SIGCONT');
    const ended = await orAborted(
      leader.process.died.catch((error: Error) => error.message),
      workload.signal,
    );
    expect(ended, 'the old leader sees that it is none any more').to.match(/ended \(exit|SIG/);

    expect(healthy.status?.stableRS).to.equal(healthy.status?.currentPodHash);
    expect(degraded.status?.stableRS).to.equal(other.stableRS);
    await expectVerdict(fit, 'Successful', { verdict: 'Promote' });
    await expectVerdict(other, 'Failed', { verdict: 'Abort' });
  } finally {
    signalProcess(leader.process.pid, 'SIGCONT');
    await environment.restartController();
  }
}

function candidate(environment: Environment, name: string): Promise<OperatorProcess> {
  const env = { POD_NAME: name, POD_NAMESPACE: 'canary-analysis' };
  return environment.startOperator({ args: ['--leader-elect'], env });
}

async function untilLogged(
  workload: ScenarioWorkload,
  operator: OperatorProcess,
  message: string,
): Promise<void> {
  while (!messages(operator).includes(message)) await sleep(100, undefined, { signal: workload.signal });
}

function messages({ log }: OperatorProcess): (string | undefined)[] {
  return log.map(({ message }) => message);
}
