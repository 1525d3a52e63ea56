import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ANNOTATION_WAKE } from '../../../../crds/v1alpha1/labels.ts';
import {
  type AnalysisRun,
  analysis,
  canary,
  measurementsOf,
  rollout,
  service,
  setWeight,
} from '../objects.ts';
import { refuseWakes } from '../refused-wakes.ts';
import type { Scenario } from '../scenario.ts';
import type { Shop } from '../shop.ts';

/** What people do to an AnalysisRun or its Rollout while it waits. */
export function meddling(story: Scenario): void {
  story('is not moved by wakes that say nothing new, nor by an edit at the same time', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 60 } });
    await shop.begin(canary([setWeight(34), analysis('check')]));
    shop.sendTraffic();
    const verdicts = shop.watchVerdicts();
    await shop.ship({ version: 'v2' });
    const run = await shop.untilMeasuring();
    await wakeTwice(shop, run, 'early');
    await shop.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
    expect((await shop.outcome()).run.status?.phase).to.equal('Running');
    await shop.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
    await wakeTwice(shop, run, 'late');
    await shop.untilPhase('Healthy');

    const { run: ended, analysis: judged } = await shop.outcome();
    expect(ended.metadata.uid).to.equal(run.metadata.uid);
    expect(ended.metadata.labels).to.include({ edited: 'late' });
    expect(measurementsOf(ended)).to.have.lengthOf(1);
    expect(judged.status?.verdict).to.equal('Promote');
    expect([...verdicts]).to.have.lengthOf(1);
  });

  story('delivers a verdict whose wake was lost with the next one', async (shop) => {
    const { reviewer } = shop.stage;
    await shop.template('check', { observation: { waitSeconds: 60 }, ...reviewer.agent() });
    await shop.begin(canary([setWeight(34), analysis('check')]));
    shop.sendTraffic();
    await shop.ship({ version: 'v2' });
    const run = await shop.untilMeasuring();
    const allowWakes = await refuseWakes(shop, run);
    try {
      reviewer.decide(shop.namespace, 'Promote');
      await shop.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
      await untilRefused(shop);
      expect((await shop.outcome()).run.status?.phase, 'nothing has told it').to.equal('Running');
    } finally {
      await allowWakes();
    }
    await shop.untilPhase('Healthy');

    const { run: ended, analysis: judged } = await shop.outcome();
    expect(measurementsOf(ended).map(({ phase }) => phase)).to.deep.equal(['Successful']);
    expect(ended.metadata.annotations?.[ANNOTATION_WAKE]).to.contain(judged.metadata.name);
  });

  story('is not disturbed when the same manifest is applied again', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 60 } });
    const strategy = canary([setWeight(34), analysis('check')]);
    await shop.begin(strategy);
    shop.sendTraffic();
    const manifest = JSON.stringify(rollout(shop.namespace, { version: 'v2' }, strategy));
    const apply = () =>
      shop.stage.lab.kubectl(
        ['apply', '--server-side', '--force-conflicts', '--field-manager=gitops', '--filename=-'],
        manifest,
      );
    await apply();
    const run = await shop.untilMeasuring();
    const { metadata } = await shop.rollout();
    await apply();
    await apply();

    const during = await shop.rollout();
    expect(during.metadata.generation).to.equal(metadata.generation);
    expect((await shop.outcome()).run.status?.phase).to.equal('Running');
    await shop.untilPhase('Healthy');
    const { run: ended } = await shop.outcome();
    expect(ended.metadata.uid).to.equal(run.metadata.uid);
    expect(measurementsOf(ended)).to.have.lengthOf(1);
  });

  story(
    'does not promote a blue-green release that was aborted after the switch and retried',
    async (shop) => {
      await shop.template('check', { observation: { waitSeconds: 300 } });
      for (const name of ['active', 'preview']) await shop.stage.lab.apply(service(shop.namespace, name));
      const before = await shop.begin({
        blueGreen: {
          activeService: 'active',
          previewService: 'preview',
          postPromotionAnalysis: { templates: [{ templateName: 'check' }] },
        },
      });
      await shop.ship({ version: 'v2' });
      await shop.untilMeasuring();
      await shop.abort();
      await shop.untilPhase('Degraded');
      await shop.untilSelectedBy('active', before.status?.stableRS);
      await shop.retry();
      await shop.untilPhase('Paused');
      for (let sync = 0; sync <= 2; sync++) {
        if (sync > 0) await forceSync(shop);
        const { status } = await shop.rollout();
        expect(status).to.include({ phase: 'Paused', stableRS: before.status?.stableRS });
        expect(status?.pauseConditions?.map(({ reason }) => reason)).to.deep.equal([
          'InconclusiveAnalysisRun',
        ]);
        // Argo Rollouts switches before it analyses, here to be held where it was aborted.
        expect(await shop.selectedBy('active')).to.equal(status?.currentPodHash);
      }

      const { run, analysis: judged } = await shop.outcome();
      expect(run.status?.phase).to.equal('Inconclusive');
      expect(judged.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
    },
  );
}

/** Has the controller look at the Rollout once more, and returns when it has. */
async function forceSync(shop: Shop): Promise<void> {
  const { metadata } = await shop.annotate({ synced: new Date().toISOString() });
  const looked = new RegExp(
    `Reconciliation completed.* namespace=${shop.namespace} resourceVersion=(\\d+) `,
    'g',
  );
  for (;;) {
    const log = await readFile(shop.stage.controllers[0].logFile, 'utf8');
    const seen = Array.from(log.matchAll(looked), ([, version]) => Number(version));
    if (Math.max(...seen) >= Number(metadata.resourceVersion)) return;
    await sleep(100, undefined, { signal: shop.signal });
  }
}

/** Waits until the plugin says that a wake did not arrive. */
async function untilRefused({ stage, namespace, signal }: Shop): Promise<void> {
  const isRefusal = (line: string) => line.includes('could not be woken') && line.includes(`${namespace}/`);
  for (;;) {
    const log = await readFile(stage.controllers[0].logFile, 'utf8');
    if (log.split('\n').some(isRefusal)) return;
    await sleep(100, undefined, { signal });
  }
}

/** Two wakes and an edit by a person at the same moment. */
async function wakeTwice(shop: Shop, run: AnalysisRun, value: string): Promise<void> {
  await Promise.all([
    shop.touch(run, { annotations: { [ANNOTATION_WAKE]: `${value}-1` } }),
    shop.touch(run, { annotations: { [ANNOTATION_WAKE]: `${value}-2` } }),
    shop.touch(run, { labels: { edited: value } }),
  ]);
}
