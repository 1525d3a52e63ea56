import { expect } from 'chai';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { canary, measurementsOf, pause, setWeight } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const PERSISTS_MS = 10_000;

/** Analyses that run beside the steps. */
export function backgroundAnalyses(scenario: AddScenario): void {
  scenario(
    'aborts a crash-looping canary within seconds of the fact, not at the end of the window',
    async (workload) => {
      const waitSeconds = 90;
      await workload.template('check', { observation: { waitSeconds } });
      const before = await workload.deploy(canary([setWeight(34), pause()], 'check'));
      const fact = whenCrashLooping(workload);
      await workload.ship({ version: 'v2', fault: 'config' });
      const { status } = await workload.untilPhase('Degraded');

      expect(status).to.include({ abort: true, stableRS: before.status?.stableRS });
      const { run, analysis } = await workload.outcome();
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

  scenario(
    'leaves a Rollout Healthy whose steps were over before its background analysis',
    async (workload) => {
      await workload.template('check', { observation: { waitSeconds: 300 } });
      await workload.deploy(canary([setWeight(34), pause(2), setWeight(67), pause(1)], 'check'));
      await workload.ship({ version: 'v2' });
      await workload.untilMeasuring();
      const { status } = await workload.untilPhase('Healthy');
      await workload.eachMeasurementHasItsVerdict();

      expect(status?.stableRS).to.equal(status?.currentPodHash);
      const { run, analysis } = await workload.outcome();
      expect(run.metadata.labels).to.include({ 'rollout-type': 'Background' });
      expect(run.spec).to.include({ terminate: true });
      expect(analysis.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
    },
  );

  scenario('goes on comparing at full weight, when no stable pod is left', async (workload) => {
    const config = { observation: { waitSeconds: 10, minPower: 0 } };
    await workload.template('check', config, { interval: '1s' });
    const strategy = canary([setWeight(34), pause(20), setWeight(100), pause(26)], 'check');
    await workload.deploy(strategy);
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    const { status } = await workload.untilPhase('Healthy');
    await workload.eachMeasurementHasItsVerdict();

    expect(status?.stableRS).to.equal(status?.currentPodHash);
    const analyses = await workload.analyses();
    const decided = analyses.filter((analysis) => analysis.status?.reason !== 'Cancelled');
    expect(decided.map((analysis) => analysis.status?.verdict)).to.satisfy((verdicts: string[]) =>
      verdicts.every((verdict) => verdict === 'Promote'),
    );
    const baselines = decided.map((analysis) => analysis.status?.coverage?.baseline);
    expect(baselines, 'first the stable pods, then what was kept of them').to.include('Pods');
    expect(baselines).to.include('Snapshot');
    const [run] = await workload.analysisRuns();
    expect(run && measurementsOf(run).length).to.equal(analyses.length);
  });
}

/**
 * When a pod first showed what counts as a fact: three restarts, or a crash loop for ten seconds or across a restart;
 * at the latest when a pod that had restarted was taken away, for then the verdict came before that.
 */
async function whenCrashLooping(workload: ScenarioWorkload): Promise<number> {
  const waitingSince = new Map<string, number>();
  for await (const { type, object } of workload.watchPods()) {
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
