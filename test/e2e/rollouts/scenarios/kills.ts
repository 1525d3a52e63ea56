import { expect } from 'chai';
import { measurementsOf, type PluginConfig } from '../../../lab/rollouts/objects.ts';
import { both, expectPairJudged, measurePair, type Pair, untilObserved } from '../measurement.ts';
import { refuseWakes } from '../refused-wakes.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

/** Brings both measurements to a point of their way; what comes back lets go of what had to be held there. */
interface Point {
  /** Besides how long is observed. */
  readonly config?: (workload: ScenarioWorkload) => PluginConfig;
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
    config: ({ environment }) => environment.reviewer.agent(),
    reach: async ({ fit, unfit }) => {
      const { reviewer } = fit.workload.environment;
      for (const { workload } of [fit, unfit]) await reviewer.question(workload.namespace, workload.signal);
      return () => {
        reviewer.decide(fit.workload.namespace, 'Promote');
        reviewer.decide(unfit.workload.namespace, 'Abort');
      };
    },
  },
  'after the verdict and before the wake': {
    reach: async (pair) => {
      const lifts = await Promise.all(both(pair).map(({ workload, run }) => refuseWakes(workload, run)));
      for (const { workload } of both(pair)) {
        await workload.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
        const { run } = await workload.outcome();
        expect(measurementsOf(run)[0]?.phase, 'nobody has told it').to.equal('Running');
      }
      return async () => void (await Promise.all(lifts.map((lift) => lift())));
    },
  },
};

const VICTIMS: Readonly<Record<string, Kill>> = {
  operator: async ({ fit: { workload } }) => {
    await workload.environment.killOperators();
    await workload.environment.startOperator();
  },
  plugin: async (pair) => {
    await pair.fit.workload.environment.killPlugin(pair.fit.workload.signal);
    for (const { workload, run } of both(pair)) await workload.touch(run, { labels: { touched: 'yes' } });
  },
  'Rollouts controller': ({ fit: { workload } }) => workload.environment.replaceController(),
};

/**
 * SIGKILL for each of the three programs at each point of a measurement. Two more would show nothing new: between the wake and
 * the answer of Resume nothing is stored, so that is like before the wake; and a Terminate that is not answered leaves a run that
 * is over, which the operator notices by itself, as of one that was deleted.
 */
export function kills(scenario: AddScenario): void {
  for (const [victim, kill] of Object.entries(VICTIMS))
    for (const [point, reached] of Object.entries(POINTS))
      scenario(`the ${victim} is killed ${point}`, (workload) => execute(workload, reached, kill));
}

async function execute(workload: ScenarioWorkload, { config, reach }: Point, kill: Kill): Promise<void> {
  const pair = await measurePair(workload, config);
  const letGo = await reach(pair);
  try {
    await kill(pair);
  } finally {
    await letGo();
  }
  await expectPairJudged(pair);
}
