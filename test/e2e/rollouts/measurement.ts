import { expect } from 'chai';
import {
  type AnalysisRun,
  analysis,
  canary,
  measurementsOf,
  type PluginConfig,
  setWeight,
} from './objects.ts';
import type { Shop } from './shop.ts';

/** A canary whose first measurement is under way. */
export interface Measured {
  readonly shop: Shop;
  readonly run: AnalysisRun;
  /** What was stable before it. */
  readonly stableRS: string | undefined;
  readonly verdicts: ReadonlySet<string>;
}

/** Takes a shop to revision 2, fit or at fault, in an analysis step by this configuration; returns when it is measured. */
export async function measure(shop: Shop, config: PluginConfig, fault?: 'orders'): Promise<Measured> {
  await shop.template('check', config);
  const { status } = await shop.begin(canary([setWeight(34), analysis('check')]));
  shop.sendTraffic();
  const verdicts = shop.watchVerdicts();
  await shop.ship(fault === undefined ? { version: 'v2' } : { version: 'v2', fault });
  return { shop, run: await shop.untilMeasuring(), stableRS: status?.stableRS, verdicts };
}

/** That it has come to one verdict: the same run, one measurement of it, and one analysis. */
export async function expectVerdict(
  { shop, run, verdicts }: Measured,
  phase: 'Successful' | 'Failed',
  status: object,
): Promise<void> {
  const { run: ended, analysis: judged } = await shop.outcome();
  expect(ended.metadata.uid).to.equal(run.metadata.uid);
  expect(ended.status?.phase).to.equal(phase);
  expect(measurementsOf(ended).map((one) => one.phase)).to.deep.equal([phase]);
  expect(measurementsOf(ended)[0]?.startedAt).to.equal(measurementsOf(run)[0]?.startedAt);
  expect(judged.status).to.include(status);
  expect([...verdicts]).to.have.lengthOf(1);
}

/** A canary that is fit and one that answers 500s, measured at the same time. */
export interface Pair {
  readonly fit: Measured;
  readonly unfit: Measured;
}

/** For the fit one until there is enough to promote on, for the other as long as some failures need. */
const [UNTIL_ENOUGH, A_WHILE] = [{ waitSeconds: 60 }, { waitSeconds: 12, minPower: 0 }];

/** Takes a shop and one beside it to revision 2; `config` says what there is to it besides how long is observed. */
export async function measurePair(
  shop: Shop,
  config: (shop: Shop) => PluginConfig = () => ({}),
): Promise<Pair> {
  const neighbour = await shop.beside('unfit');
  const [fit, unfit] = await Promise.all([
    measure(shop, { observation: UNTIL_ENOUGH, ...config(shop) }),
    measure(neighbour, { observation: A_WHILE, ...config(neighbour) }, 'orders'),
  ]);
  return { fit, unfit };
}

/** Both, to do the same with. */
export function both({ fit, unfit }: Pair): readonly Measured[] {
  return [fit, unfit];
}

/** Waits until both are observed. */
export async function untilObserved(pair: Pair): Promise<void> {
  for (const { shop } of both(pair))
    await shop.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
}

/** That the fit one is promoted and the other one is not, each on one verdict. */
export async function expectPairJudged({ fit, unfit }: Pair): Promise<void> {
  const [healthy, degraded] = await Promise.all([
    fit.shop.untilPhase('Healthy'),
    unfit.shop.untilPhase('Degraded'),
  ]);
  expect(healthy.status?.stableRS, 'the fit one is promoted').to.equal(healthy.status?.currentPodHash);
  expect(healthy.status?.stableRS).not.to.equal(fit.stableRS);
  expect(degraded.status?.stableRS, 'the other one is not').to.equal(unfit.stableRS);
  await expectVerdict(fit, 'Successful', { verdict: 'Promote', assessment: 'Clean' });
  await expectVerdict(unfit, 'Failed', { verdict: 'Abort', assessment: 'Regressed' });
}
