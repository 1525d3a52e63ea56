import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type AnalysisRun, measurementsOf } from '../../../lab/rollouts/objects.ts';
import { measure } from '../measurement.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const RESYNC_SECONDS = 20;

/** The plugin gone while nobody else is: Argo Rollouts starts it again when it next looks at the AnalysisRun, and not before. */
export function pluginKilled(scenario: AddScenario): void {
  scenario('delivers a verdict that came after the next process was up', async (workload) => {
    const run = await measureReviewed(workload);
    const pid = await workload.environment.killPlugin(workload.signal);
    await workload.touch(run, { labels: { touched: 'yes' } });
    const next = await workload.environment.untilPlugin(workload.signal);
    workload.environment.reviewer.decide(workload.namespace, 'Promote');
    await workload.untilPhase('Healthy');

    expect(next, 'a new process').not.to.equal(pid);
    expect(await workload.environment.pluginPid(), 'the same that woke it').to.equal(next);
    await expectDelivered(workload, run);
  });

  scenario(
    'delivers a verdict that came while it was dead at the next edit of the AnalysisRun',
    async (workload) => {
      const run = await measureReviewed(workload);
      await workload.environment.killPlugin(workload.signal);
      await decideUnseen(workload);
      await workload.touch(run, { labels: { touched: 'yes' } });
      await workload.untilPhase('Healthy');
      await expectDelivered(workload, run);
    },
  );

  scenario(
    `delivers a verdict that came while it was dead at the controller's next resync, here every ${RESYNC_SECONDS} s`,
    async (workload) => {
      await workload.environment.restartController(`--rollout-resync=${RESYNC_SECONDS}`);
      try {
        const run = await measureReviewed(workload);
        await untilResync(workload);
        await workload.environment.killPlugin(workload.signal);
        await decideUnseen(workload);
        const undelivered = Date.now();
        await workload.untilPhase('Healthy');
        expect(Date.now() - undelivered, 'long before the resync of 15 min that is the default').to.be.below(
          3 * RESYNC_SECONDS * 1000,
        );
        await expectDelivered(workload, run);
      } finally {
        await workload.environment.restartController();
      }
    },
  );
}

/** A healthy canary whose verdict waits for a reviewer. */
async function measureReviewed(workload: ScenarioWorkload): Promise<AnalysisRun> {
  const { reviewer } = workload.environment;
  const { run } = await measure(workload, { observation: { waitSeconds: 60 }, ...reviewer.agent() });
  await reviewer.question(workload.namespace, workload.signal);
  return run;
}

/** The reviewer answers and the verdict is written, and nobody is there to tell Argo Rollouts. */
async function decideUnseen(workload: ScenarioWorkload): Promise<void> {
  workload.environment.reviewer.decide(workload.namespace, 'Promote');
  await workload.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
  expect(await workload.environment.pluginPid(), 'the plugin is not started by itself').to.equal(undefined);
  expect((await workload.outcome()).run.status?.phase).to.equal('Running');
}

/** Waits until the controller has looked at the AnalysisRun again without any event: what a resync does. */
async function untilResync(workload: ScenarioWorkload): Promise<void> {
  const looks = async (): Promise<number> => {
    const log = await readFile(workload.environment.controllers[0].logFile, 'utf8');
    const own = new RegExp(`Started syncing Analysis.* namespace=${workload.namespace}( |$)`);
    return log.split('\n').filter((line) => own.test(line)).length;
  };
  const before = await looks();
  if (before === 0) throw new Error('the controller does not log when it looks at an AnalysisRun');
  while ((await looks()) === before) await sleep(100, undefined, { signal: workload.signal });
}

async function expectDelivered(workload: ScenarioWorkload, run: AnalysisRun): Promise<void> {
  const { run: ended, analysis: judged } = await workload.outcome();
  const [measurement] = measurementsOf(run);
  expect(measurementsOf(ended)).to.have.lengthOf(1);
  expect(measurementsOf(ended)[0], 'the same measurement').to.include({
    startedAt: measurement?.startedAt,
    phase: 'Successful',
  });
  expect(measurementsOf(ended)[0]?.metadata?.['canaryAnalysis']).to.equal(
    `${workload.namespace}/${judged.metadata.name}`,
  );
  expect(judged.status?.verdict).to.equal('Promote');
}
