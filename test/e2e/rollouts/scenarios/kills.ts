import { expect } from 'chai';
import { both, expectPairJudged, measurePair, type Pair, untilObserved } from '../measurement.ts';
import { measurementsOf, type PluginConfig } from '../objects.ts';
import { refuseWakes } from '../refused-wakes.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

/** Brings both measurements to a point of their way; what comes back lets go of what had to be held there. */
interface Point {
  /** Besides how long is observed. */
  readonly config?: (shop: Shop) => PluginConfig;
  readonly reach: (pair: Pair) => Promise<() => void | Promise<void>>;
}
type Kill = (pair: Pair) => Promise<void>;

const POINTS: Readonly<Record<string, Point>> = {
  'after Run': { reach: async () => () => undefined },
  'while the operator observes': {
    reach: async (pair) => {
      await untilObserved(pair);
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
      const lifts = await Promise.all(both(pair).map(({ shop, run }) => refuseWakes(shop, run)));
      for (const { shop } of both(pair)) {
        await shop.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
        const { run } = await shop.outcome();
        expect(measurementsOf(run)[0]?.phase, 'nobody has told it').to.equal('Running');
      }
      return async () => void (await Promise.all(lifts.map((lift) => lift())));
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

/**
 * SIGKILL for each of the three programs at each point of a measurement. Two more would show nothing new: between the wake and
 * the answer of Resume nothing is stored, so that is like before the wake; and a Terminate that is not answered leaves a run that
 * is over, which the operator notices by itself, as of one that was deleted.
 */
export function kills(story: Scenario): void {
  for (const [victim, kill] of Object.entries(VICTIMS))
    for (const [point, reached] of Object.entries(POINTS))
      story(`the ${victim} is killed ${point}`, (shop) => play(shop, reached, kill));
}

async function play(shop: Shop, { config, reach }: Point, kill: Kill): Promise<void> {
  const pair = await measurePair(shop, config);
  const letGo = await reach(pair);
  try {
    await kill(pair);
  } finally {
    await letGo();
  }
  await expectPairJudged(pair);
}
