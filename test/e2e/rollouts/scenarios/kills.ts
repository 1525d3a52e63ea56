import { expect } from 'chai';
import type { Environment } from '../../../lab/rollouts/environment.ts';
import { measurementsOf, type PluginConfig } from '../../../lab/rollouts/objects.ts';
import {
  askPair,
  both,
  expectPairJudged,
  type Measured,
  measure,
  measurePair,
  type Pair,
  type Shipped,
  untilObserved,
} from '../measurement.ts';
import { refuseMeasurements, refuseWakes } from '../refusals.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

/** Brings both measurements to a point of their way; what comes back lets go of what had to be held there. */
interface Point {
  /** Besides how long is observed. */
  readonly config?: (workload: ScenarioWorkload) => PluginConfig;
  readonly reach: (pair: Pair) => Promise<() => void | Promise<void>>;
}

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

/** One of the three programs. */
interface Victim {
  readonly kill: (environment: Environment, signal: AbortSignal) => Promise<unknown>;
  /** Starts it again, or has it started again. */
  readonly bringBack: (environment: Environment, measured: readonly Partial<Measured>[]) => Promise<unknown>;
}

const VICTIMS: Readonly<Record<string, Victim>> = {
  operator: {
    kill: (environment) => environment.killOperators(),
    bringBack: (environment) => environment.startOperator(),
  },
  plugin: {
    kill: (environment, signal) => environment.killPlugin(signal),
    // Argo Rollouts starts it with the next call, for which an AnalysisRun has to change.
    bringBack: async (_, measured) => {
      for (const { workload, run } of measured)
        if (run !== undefined) await workload?.touch(run, { labels: { touched: 'yes' } });
    },
  },
  'Rollouts controller': {
    kill: (environment) => environment.killController(),
    bringBack: (environment) => environment.startController(),
  },
};

/**
 * SIGKILL for each of the three programs at each point of a measurement. One more would show nothing new: between the wake and
 * the answer of Resume nothing is stored, so that is like before the wake.
 */
export function kills(scenario: AddScenario): void {
  for (const [name, victim] of Object.entries(VICTIMS)) {
    scenario(`the ${name} is killed after the create, before what Run answered is stored`, (workload) =>
      killBeforeStored(workload, victim),
    );
    for (const [point, reached] of Object.entries(POINTS))
      scenario(`the ${name} is killed ${point}`, (workload) => killAt(workload, reached, victim));
    scenario(`the ${name} is killed before an abort, and is back after it`, (workload) =>
      killBeforeAbort(workload, victim),
    );
  }
}

async function killAt(workload: ScenarioWorkload, { config, reach }: Point, victim: Victim): Promise<void> {
  const { environment, signal } = workload;
  const pair = await measurePair(workload, config);
  const letGo = await reach(pair);
  try {
    await victim.kill(environment, signal);
    await victim.bringBack(environment, both(pair));
  } finally {
    await letGo();
  }
  await expectPairJudged(pair);
}

/** Argo Rollouts calls Run until it can store the answer, and again once it is started anew: each time for the same analysis. */
async function killBeforeStored(workload: ScenarioWorkload, victim: Victim): Promise<void> {
  const { environment, signal } = workload;
  const neighbour = await workload.beside('unfit');
  const lifts = await Promise.all([workload, neighbour].map(refuseMeasurements));
  let pair: Pair<Shipped>;
  try {
    pair = await askPair(workload, neighbour);
    await victim.kill(environment, signal);
    await victim.bringBack(environment, both(pair));
    for (const run of (await Promise.all([workload, neighbour].map((one) => one.analysisRuns()))).flat())
      expect(measurementsOf(run), 'nothing is stored').to.deep.equal([]);
  } finally {
    for (const lift of lifts) await lift();
  }
  await expectPairJudged(pair);
}

/** Nobody promotes what a person aborts, whoever is away meanwhile, and nothing waits for a verdict afterwards. */
async function killBeforeAbort(workload: ScenarioWorkload, victim: Victim): Promise<void> {
  const { environment, signal } = workload;
  const measured = await measure(workload, { observation: { waitSeconds: 300 } });
  await workload.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
  await victim.kill(environment, signal);
  await workload.abort();
  await victim.bringBack(environment, [measured]);
  const { status } = await workload.untilPhase('Degraded');

  expect(status).to.include({ abort: true, stableRS: measured.stableRS });
  await workload.untilAnalysis('has a verdict', (one) => one.status?.verdict !== undefined);
  await workload.untilAnalysisRun(measured.run, 'is over', (run) => run.status?.phase === 'Inconclusive');
  const { analysis: judged } = await workload.outcome();
  expect(judged.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
  expect([...measured.verdicts]).to.have.lengthOf(1);
}
