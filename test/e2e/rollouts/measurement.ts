import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import {
  type AnalysisRun,
  analysis,
  canary,
  measurementsOf,
  type PluginConfig,
  setWeight,
} from '../../lab/rollouts/objects.ts';
import type { ScenarioWorkload } from './scenario-workload.ts';

/** A canary that is on its way into an analysis step. */
export interface Shipped {
  readonly workload: ScenarioWorkload;
  /** What was stable before it. */
  readonly stableRS: string | undefined;
  readonly verdicts: ReadonlySet<string>;
}

/** A canary whose first measurement is under way. */
export interface Measured extends Shipped {
  readonly run: AnalysisRun;
}

/** Takes a workload to revision 2, fit or at fault, in an analysis step by this configuration; returns when it is measured. */
export async function measure(
  workload: ScenarioWorkload,
  config: PluginConfig,
  fault?: 'orders',
): Promise<Measured> {
  const shipped = await ship(workload, config, fault);
  return { ...shipped, run: await workload.untilMeasuring() };
}

/** As {@link measure}, and returns at once. */
async function ship(workload: ScenarioWorkload, config: PluginConfig, fault?: 'orders'): Promise<Shipped> {
  await workload.template('check', config);
  const { status } = await workload.deploy(canary([setWeight(34), analysis('check')]));
  workload.sendTraffic();
  const verdicts = workload.watchVerdicts();
  await workload.ship(fault === undefined ? { version: 'v2' } : { version: 'v2', fault });
  return { workload, stableRS: status?.stableRS, verdicts };
}

/** That it has come to one verdict: one run and one measurement, the same where that was seen under way, and one analysis. */
export async function expectVerdict(
  { workload, run, verdicts }: Shipped & Partial<Measured>,
  phase: 'Successful' | 'Failed',
  status: object,
): Promise<void> {
  const { run: ended, analysis: judged } = await workload.outcome();
  expect(ended.status?.phase).to.equal(phase);
  expect(measurementsOf(ended).map((one) => one.phase)).to.deep.equal([phase]);
  if (run !== undefined) {
    expect(ended.metadata.uid).to.equal(run.metadata.uid);
    expect(measurementsOf(ended)[0]?.startedAt).to.equal(measurementsOf(run)[0]?.startedAt);
  }
  expect(judged.status).to.include(status);
  expect([...verdicts]).to.have.lengthOf(1);
}

/** A canary that is fit and one that answers 500s, measured at the same time. */
export interface Pair<T extends Shipped = Measured> {
  readonly fit: T;
  readonly unfit: T;
}

/** For the fit one until there is enough to promote on, for the other as long as some failures need. */
const [UNTIL_ENOUGH, A_WHILE] = [{ waitSeconds: 60 }, { waitSeconds: 30, minPower: 0 }];

/** Takes a workload and one beside it to revision 2; `config` says what there is to it besides how long is observed. */
export async function measurePair(
  workload: ScenarioWorkload,
  config: (workload: ScenarioWorkload) => PluginConfig = () => ({}),
): Promise<Pair> {
  const neighbour = await workload.beside('unfit');
  const [fit, unfit] = await Promise.all([
    measure(workload, { observation: UNTIL_ENOUGH, ...config(workload) }),
    measure(neighbour, { observation: A_WHILE, ...config(neighbour) }, 'orders'),
  ]);
  return { fit, unfit };
}

/** As {@link measurePair}, and returns when both have been asked about: what Run answers need not arrive. */
export async function askPair(
  workload: ScenarioWorkload,
  neighbour: ScenarioWorkload,
): Promise<Pair<Shipped>> {
  const [fit, unfit] = await Promise.all([
    ship(workload, { observation: UNTIL_ENOUGH }),
    ship(neighbour, { observation: A_WHILE }, 'orders'),
  ]);
  for (const one of [workload, neighbour])
    while ((await one.analyses()).length === 0) await sleep(100, undefined, { signal: one.signal });
  return { fit, unfit };
}

/** Both, to do the same with. */
export function both<T extends Shipped>({ fit, unfit }: Pair<T>): readonly T[] {
  return [fit, unfit];
}

/** Waits until both are observed. */
export async function untilObserved(pair: Pair): Promise<void> {
  for (const { workload } of both(pair))
    await workload.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
}

/** That the fit one is promoted and the other one is not, each on one verdict. */
export async function expectPairJudged({ fit, unfit }: Pair<Shipped & Partial<Measured>>): Promise<void> {
  const [healthy, degraded] = await Promise.all([
    fit.workload.untilPhase('Healthy'),
    unfit.workload.untilPhase('Degraded'),
  ]);
  expect(healthy.status?.stableRS, 'the fit one is promoted').to.equal(healthy.status?.currentPodHash);
  expect(healthy.status?.stableRS).not.to.equal(fit.stableRS);
  expect(degraded.status?.stableRS, 'the other one is not').to.equal(unfit.stableRS);
  await expectVerdict(fit, 'Successful', { verdict: 'Promote', assessment: 'Clean' });
  await expectVerdict(unfit, 'Failed', { verdict: 'Abort', assessment: 'Regressed' });
}
