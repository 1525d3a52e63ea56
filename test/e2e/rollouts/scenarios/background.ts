import { expect } from 'chai';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { canary, measurementsOf, pause, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

const PERSISTS_MS = 10_000;

/** Analyses that run beside the steps. */
export function backgroundAnalyses(story: Scenario): void {
  story(
    'aborts a crash-looping canary within seconds of the fact, not at the end of the window',
    async (shop) => {
      const waitSeconds = 90;
      await shop.template('check', { observation: { waitSeconds } });
      const before = await shop.begin(canary([setWeight(34), pause()], 'check'));
      const fact = whenCrashLooping(shop);
      await shop.ship({ version: 'v2', fault: 'config' });
      const { status } = await shop.untilPhase('Degraded');

      expect(status).to.include({ abort: true, stableRS: before.status?.stableRS });
      const { run, analysis } = await shop.outcome();
      expect(run.status?.phase).to.equal('Failed');
      expect(analysis.status).to.include({
        verdict: 'Abort',
        assessment: 'Blocking',
        reason: 'BlockingFact',
      });
      const { startTime = '', completionTime = '' } = analysis.status ?? {};
      expect(Date.parse(completionTime)).to.be.below(Date.parse(startTime) + waitSeconds * 1000);
      expect(Date.parse(completionTime) - (await fact)).to.be.below(5_000);
    },
  );

  story('leaves a Rollout Healthy whose steps were over before its background analysis', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 300 } });
    await shop.begin(canary([setWeight(34), pause(2), setWeight(67), pause(1)], 'check'));
    await shop.ship({ version: 'v2' });
    await shop.untilMeasuring();
    const { status } = await shop.untilPhase('Healthy');
    await shop.eachMeasurementHasItsVerdict();

    expect(status?.stableRS).to.equal(status?.currentPodHash);
    const { run, analysis } = await shop.outcome();
    expect(run.metadata.labels).to.include({ 'rollout-type': 'Background' });
    expect(run.spec).to.include({ terminate: true });
    expect(analysis.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
  });

  story('goes on comparing at full weight, when no stable pod is left', async (shop) => {
    const config = { observation: { waitSeconds: 10, minPower: 0 } };
    await shop.template('check', config, { interval: '1s' });
    const strategy = canary([setWeight(34), pause(20), setWeight(100), pause(26)], 'check');
    await shop.begin(strategy);
    shop.sendTraffic();
    await shop.ship({ version: 'v2' });
    const { status } = await shop.untilPhase('Healthy');
    await shop.eachMeasurementHasItsVerdict();

    expect(status?.stableRS).to.equal(status?.currentPodHash);
    const analyses = await shop.analyses();
    const decided = analyses.filter((analysis) => analysis.status?.reason !== 'Cancelled');
    expect(decided.map((analysis) => analysis.status?.verdict)).to.satisfy((verdicts: string[]) =>
      verdicts.every((verdict) => verdict === 'Promote'),
    );
    const baselines = decided.map((analysis) => analysis.status?.coverage?.baseline);
    expect(baselines, 'first the stable pods, then what was kept of them').to.include('Pods');
    expect(baselines).to.include('Snapshot');
    const [run] = await shop.analysisRuns();
    expect(run && measurementsOf(run).length).to.equal(analyses.length);
  });
}

/**
 * When a pod first showed what counts as a fact: three restarts, or a crash loop for ten seconds or across a restart;
 * at the latest when a pod that had restarted was taken away, for then the verdict came before that.
 */
async function whenCrashLooping(shop: Shop): Promise<number> {
  const waitingSince = new Map<string, number>();
  for await (const { type, object } of shop.watchPods()) {
    const { name } = object.metadata;
    for (const { restartCount, state } of containerStatuses(object)) {
      const looping = state.waiting?.reason === 'CrashLoopBackOff';
      const goes = type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
      if (restartCount >= 3 || (restartCount >= 2 && looping) || (restartCount > 0 && goes))
        return Date.now();
      if (!looping) waitingSince.delete(name);
      else if (!waitingSince.has(name)) waitingSince.set(name, Date.now());
      const persists = (waitingSince.get(name) ?? Infinity) + PERSISTS_MS;
      if (persists <= Date.now()) return persists;
    }
  }
  throw new Error('the watch of pods ended before one crash-looped');
}

function containerStatuses({ status }: KubeObject) {
  return (status?.['containerStatuses'] ?? []) as {
    restartCount: number;
    state: { waiting?: { reason?: string } };
  }[];
}
