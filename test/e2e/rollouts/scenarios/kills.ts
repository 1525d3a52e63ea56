import { expect } from 'chai';
import {
  type AnalysisRun,
  analysis,
  canary,
  measurementsOf,
  type PluginConfig,
  setWeight,
} from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';
import { signalProcess } from '../stage.ts';

/** A canary that is fit and one that answers 500s, released at the same time. */
interface Pair {
  readonly fit: Release;
  readonly unfit: Release;
}

interface Release {
  readonly shop: Shop;
  readonly run: AnalysisRun;
  readonly stableRS: string | undefined;
  readonly verdicts: ReadonlySet<string>;
}

/** Brings both measurements to a point of their way; what comes back lets go of what had to be held there. */
interface Point {
  /** Besides how long is observed. */
  readonly config?: (shop: Shop) => PluginConfig;
  readonly reach: (pair: Pair) => Promise<() => void>;
}
type Kill = (pair: Pair) => Promise<void>;

/** For the fit one until there is enough to promote on, for the other as long as some failures need. */
const [UNTIL_ENOUGH, A_WHILE] = [{ waitSeconds: 60 }, { waitSeconds: 12, minPower: 0 }];

const POINTS: Readonly<Record<string, Point>> = {
  'after Run': { reach: async () => () => undefined },
  'while the operator observes': {
    reach: async (pair) => {
      for (const { shop } of both(pair))
        await shop.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
      return () => undefined;
    },
  },
  'while the reviewer is asked': {
    config: ({ stage }) => stage.reviewer.agent(),
    reach: async ({ fit, unfit }) => {
      const { reviewer } = fit.shop.stage;
      for (const { shop } of [fit, unfit]) await reviewer.question(shop.namespace, shop.signal);
      return () => {
        reviewer.decide(fit.shop.namespace, 'Promote');
        reviewer.decide(unfit.shop.namespace, 'Abort');
      };
    },
  },
  'after the verdict and before the wake': {
    reach: async (pair) => {
      const pid = await pluginPid(pair);
      process.kill(pid, 'SIGSTOP');
      for (const { shop } of both(pair)) {
        await shop.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
        const { run } = await shop.outcome();
        expect(measurementsOf(run)[0]?.phase, 'nobody has told it').to.equal('Running');
      }
      return () => void signalProcess(pid, 'SIGCONT');
    },
  },
};

const VICTIMS: Readonly<Record<string, Kill>> = {
  operator: async ({ fit: { shop } }) => {
    await shop.stage.killOperators();
    await shop.stage.startOperator();
  },
  plugin: async (pair) => {
    await pair.fit.shop.stage.killPlugin(pair.fit.shop.signal);
    for (const { shop, run } of both(pair)) await shop.touch(run, { labels: { touched: 'yes' } });
  },
  'Rollouts controller': ({ fit: { shop } }) => shop.stage.replaceController(),
};

/** SIGKILL for each of the three programs at each point of a measurement. */
export function kills(story: Scenario): void {
  for (const [victim, kill] of Object.entries(VICTIMS))
    for (const [point, reached] of Object.entries(POINTS))
      story(`the ${victim} is killed ${point}`, (shop) => play(shop, reached, kill));
}

async function play(shop: Shop, { config = () => ({}), reach }: Point, kill: Kill): Promise<void> {
  const neighbour = await shop.beside('unfit');
  const [fit, unfit] = await Promise.all([
    release(shop, { observation: UNTIL_ENOUGH, ...config(shop) }),
    release(neighbour, { observation: A_WHILE, ...config(neighbour) }, 'orders'),
  ]);
  const pair = { fit, unfit };
  const letGo = await reach(pair);
  try {
    await kill(pair);
  } finally {
    letGo();
  }
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

/** Revision 1, and revision 2 whose first measurement is under way. */
async function release(shop: Shop, config: PluginConfig, fault?: 'orders'): Promise<Release> {
  await shop.template('check', config);
  const { status } = await shop.begin(canary([setWeight(34), analysis('check')]));
  shop.sendTraffic();
  const verdicts = shop.watchVerdicts();
  await shop.ship(fault === undefined ? { version: 'v2' } : { version: 'v2', fault });
  return { shop, run: await shop.untilMeasuring(), stableRS: status?.stableRS, verdicts };
}

async function expectVerdict({ shop, run, verdicts }: Release, phase: string, status: object): Promise<void> {
  const { run: ended, analysis: judged } = await shop.outcome();
  expect(ended.metadata.uid).to.equal(run.metadata.uid);
  expect(ended.status?.phase).to.equal(phase);
  expect(measurementsOf(ended).map((one) => one.phase)).to.deep.equal([phase]);
  expect(judged.status).to.include(status);
  expect([...verdicts]).to.have.lengthOf(1);
}

function both({ fit, unfit }: Pair): readonly Release[] {
  return [fit, unfit];
}

async function pluginPid({ fit: { shop } }: Pair): Promise<number> {
  const pid = await shop.stage.pluginPid();
  if (pid === undefined) throw new Error('a measurement is under way and no plugin runs');
  return pid;
}
