import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { measure } from '../measurement.ts';
import { type AnalysisRun, measurementsOf } from '../objects.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

const RESYNC_SECONDS = 20;

/** The plugin gone while nobody else is: Argo Rollouts starts it again when it next looks at the AnalysisRun, and not before. */
export function pluginKilled(story: Scenario): void {
  story('delivers a verdict that came after the next process was up', async (shop) => {
    const run = await measureReviewed(shop);
    const pid = await shop.stage.killPlugin(shop.signal);
    await shop.touch(run, { labels: { touched: 'yes' } });
    const next = await shop.stage.untilPlugin(shop.signal);
    shop.stage.reviewer.decide(shop.namespace, 'Promote');
    await shop.untilPhase('Healthy');

    expect(next, 'a new process').not.to.equal(pid);
    expect(await shop.stage.pluginPid(), 'the same that woke it').to.equal(next);
    await expectDelivered(shop, run);
  });

  story(
    'delivers a verdict that came while it was dead at the next edit of the AnalysisRun',
    async (shop) => {
      const run = await measureReviewed(shop);
      await shop.stage.killPlugin(shop.signal);
      await decideUnseen(shop);
      await shop.touch(run, { labels: { touched: 'yes' } });
      await shop.untilPhase('Healthy');
      await expectDelivered(shop, run);
    },
  );

  story(
    `delivers a verdict that came while it was dead at the controller's next resync, here every ${RESYNC_SECONDS} s`,
    async (shop) => {
      await shop.stage.restartController(`--rollout-resync=${RESYNC_SECONDS}`);
      try {
        const run = await measureReviewed(shop);
        await untilResync(shop);
        await shop.stage.killPlugin(shop.signal);
        await decideUnseen(shop);
        const undelivered = Date.now();
        await shop.untilPhase('Healthy');
        expect(Date.now() - undelivered, 'long before the resync of 15 min that is the default').to.be.below(
          3 * RESYNC_SECONDS * 1000,
        );
        await expectDelivered(shop, run);
      } finally {
        await shop.stage.restartController();
      }
    },
  );
}

/** A healthy canary whose verdict waits for a reviewer. */
async function measureReviewed(shop: Shop): Promise<AnalysisRun> {
  const { reviewer } = shop.stage;
  const { run } = await measure(shop, { observation: { waitSeconds: 60 }, ...reviewer.agent() });
  await reviewer.question(shop.namespace, shop.signal);
  return run;
}

/** The reviewer answers and the verdict is written, and nobody is there to tell Argo Rollouts. */
async function decideUnseen(shop: Shop): Promise<void> {
  shop.stage.reviewer.decide(shop.namespace, 'Promote');
  await shop.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
  expect(await shop.stage.pluginPid(), 'the plugin is not started by itself').to.equal(undefined);
  expect((await shop.outcome()).run.status?.phase).to.equal('Running');
}

/** Waits until the controller has looked at the AnalysisRun again without any event: what a resync does. */
async function untilResync(shop: Shop): Promise<void> {
  const looks = async (): Promise<number> => {
    const log = await readFile(shop.stage.controllers[0].logFile, 'utf8');
    const own = new RegExp(`Started syncing Analysis.* namespace=${shop.namespace}( |$)`);
    return log.split('\n').filter((line) => own.test(line)).length;
  };
  const before = await looks();
  if (before === 0) throw new Error('the controller does not log when it looks at an AnalysisRun');
  while ((await looks()) === before) await sleep(100, undefined, { signal: shop.signal });
}

async function expectDelivered(shop: Shop, run: AnalysisRun): Promise<void> {
  const { run: ended, analysis: judged } = await shop.outcome();
  const [measurement] = measurementsOf(run);
  expect(measurementsOf(ended)).to.have.lengthOf(1);
  expect(measurementsOf(ended)[0], 'the same measurement').to.include({
    startedAt: measurement?.startedAt,
    phase: 'Successful',
  });
  expect(measurementsOf(ended)[0]?.metadata?.['canaryAnalysis']).to.equal(
    `${shop.namespace}/${judged.metadata.name}`,
  );
  expect(judged.status?.verdict).to.equal('Promote');
}
