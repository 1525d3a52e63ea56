import { expect } from 'chai';
import { type AnalysisRun, analysis, canary, measurementsOf, setWeight } from '../objects.ts';
import type { Scenarios } from '../scenario.ts';
import type { Shop } from '../shop.ts';

/** Brings a measurement to a point; what comes back lets go of what had to be held there. */
type Point = (shop: Shop) => Promise<() => void>;
type Kill = (shop: Shop, run: AnalysisRun) => Promise<void>;

const POINTS: Readonly<Record<string, Point>> = {
  'after Run': async () => () => undefined,
  'while the operator observes': async (shop) => {
    await shop.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
    return () => undefined;
  },
  'after the verdict and before the wake': async (shop) => {
    const pid = await shop.stage.pluginPid();
    if (pid === undefined) throw new Error('a measurement is under way and no plugin runs');
    process.kill(pid, 'SIGSTOP');
    await shop.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
    const { run } = await shop.outcome();
    expect(measurementsOf(run)[0]?.phase, 'nobody has told it').to.equal('Running');
    return () => {
      try {
        process.kill(pid, 'SIGCONT');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
  },
};

const VICTIMS: Readonly<Record<string, Kill>> = {
  operator: async ({ stage }) => {
    await stage.killOperators();
    await stage.startOperator();
  },
  plugin: async (shop, run) => {
    const pid = await shop.stage.pluginPid();
    if (pid === undefined) throw new Error('a measurement is under way and no plugin runs');
    process.kill(pid, 'SIGKILL');
    while ((await shop.stage.pluginPid()) === pid) shop.signal.throwIfAborted();
    await shop.touch(run, { labels: { touched: 'yes' } });
  },
  'Rollouts controller': ({ stage }) => stage.replaceController(),
};

/** SIGKILL for each of the three programs at each point of a measurement, while a canary that answers 500s is out. */
export function kills({ alone }: Scenarios): void {
  for (const [victim, kill] of Object.entries(VICTIMS)) {
    for (const [point, reach] of Object.entries(POINTS)) {
      alone(`aborts with one verdict when the ${victim} is killed ${point}`, async (shop) => {
        await shop.template('check', { observation: { waitSeconds: 10, minPower: 0 } });
        const before = await shop.begin(canary([setWeight(34), analysis('check')]));
        shop.sendTraffic();
        const verdicts = shop.watchVerdicts();
        await shop.ship({ version: 'v2', fault: 'orders' });
        const run = await shop.untilMeasuring();
        const release = await reach(shop);
        try {
          await kill(shop, run);
        } finally {
          release();
        }
        const { status } = await shop.untilPhase('Degraded');

        expect(status?.stableRS).to.equal(before.status?.stableRS);
        const { run: ended, analysis: judged } = await shop.outcome();
        expect(ended.metadata.uid).to.equal(run.metadata.uid);
        expect(ended.status?.phase).to.equal('Failed');
        expect(measurementsOf(ended)).to.have.lengthOf(1);
        expect(judged.status).to.include({ verdict: 'Abort', assessment: 'Regressed' });
        expect([...verdicts]).to.have.lengthOf(1);
      });
    }
  }
}
