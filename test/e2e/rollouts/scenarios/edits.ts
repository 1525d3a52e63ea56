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
} from '../../../lab/rollouts/objects.ts';
import { refuseWakes } from '../refusals.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

/** What people do to an AnalysisRun or its Rollout while it waits. */
export function edits(scenario: AddScenario): void {
  scenario(
    'is not moved by wakes that say nothing new, nor by an edit at the same time',
    async (workload) => {
      await workload.template('check', { observation: { waitSeconds: 60 } });
      await workload.deploy(canary([setWeight(34), analysis('check')]));
      workload.sendTraffic();
      const verdicts = workload.watchVerdicts();
      await workload.ship({ version: 'v2' });
      const run = await workload.untilMeasuring();
      await wakeTwice(workload, run, 'early');
      await workload.untilAnalysis('is observed', ({ status }) => status?.canaryHash !== undefined);
      expect((await workload.outcome()).run.status?.phase).to.equal('Running');
      await workload.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
      await wakeTwice(workload, run, 'late');
      await workload.untilPhase('Healthy');

      const { run: ended, analysis: judged } = await workload.outcome();
      expect(ended.metadata.uid).to.equal(run.metadata.uid);
      expect(ended.metadata.labels).to.include({ edited: 'late' });
      expect(measurementsOf(ended)).to.have.lengthOf(1);
      expect(judged.status?.verdict).to.equal('Promote');
      expect([...verdicts]).to.have.lengthOf(1);
    },
  );

  scenario('delivers a verdict whose wake was lost with the next one', async (workload) => {
    const { reviewer } = workload.environment;
    await workload.template('check', { observation: { waitSeconds: 60 }, ...reviewer.agent() });
    await workload.deploy(canary([setWeight(34), analysis('check')]));
    workload.sendTraffic();
    await workload.ship({ version: 'v2' });
    const run = await workload.untilMeasuring();
    const allowWakes = await refuseWakes(workload, run);
    try {
      reviewer.decide(workload.namespace, 'Promote');
      await workload.untilAnalysis('has a verdict', ({ status }) => status?.verdict !== undefined);
      await untilRefused(workload);
      expect((await workload.outcome()).run.status?.phase, 'nothing has told it').to.equal('Running');
    } finally {
      await allowWakes();
    }
    await workload.untilPhase('Healthy');

    const { run: ended, analysis: judged } = await workload.outcome();
    expect(measurementsOf(ended).map(({ phase }) => phase)).to.deep.equal(['Successful']);
    expect(ended.metadata.annotations?.[ANNOTATION_WAKE]).to.contain(judged.metadata.name);
  });

  scenario('is not disturbed when the same manifest is applied again', async (workload) => {
    await workload.template('check', { observation: { waitSeconds: 60 } });
    const strategy = canary([setWeight(34), analysis('check')]);
    await workload.deploy(strategy);
    workload.sendTraffic();
    const manifest = JSON.stringify(rollout(workload.namespace, { version: 'v2' }, strategy));
    const apply = () =>
      workload.environment.lab.kubectl(
        ['apply', '--server-side', '--force-conflicts', '--field-manager=gitops', '--filename=-'],
        manifest,
      );
    await apply();
    const run = await workload.untilMeasuring();
    const { metadata } = await workload.rollout();
    await apply();
    await apply();

    const during = await workload.rollout();
    expect(during.metadata.generation).to.equal(metadata.generation);
    expect((await workload.outcome()).run.status?.phase).to.equal('Running');
    await workload.untilPhase('Healthy');
    const { run: ended } = await workload.outcome();
    expect(ended.metadata.uid).to.equal(run.metadata.uid);
    expect(measurementsOf(ended)).to.have.lengthOf(1);
  });

  scenario(
    'does not promote a blue-green release that was aborted after the switch and retried',
    async (workload) => {
      await workload.template('check', { observation: { waitSeconds: 300 } });
      for (const name of ['active', 'preview'])
        await workload.environment.lab.apply(service(workload.namespace, name));
      const before = await workload.deploy({
        blueGreen: {
          activeService: 'active',
          previewService: 'preview',
          postPromotionAnalysis: { templates: [{ templateName: 'check' }] },
        },
      });
      await workload.ship({ version: 'v2' });
      await workload.untilMeasuring();
      await workload.abort();
      await workload.untilPhase('Degraded');
      await workload.untilSelectedBy('active', before.status?.stableRS);
      await workload.retry();
      await workload.untilPhase('Paused');
      for (let sync = 0; sync <= 2; sync++) {
        if (sync > 0) await forceSync(workload);
        const { status } = await workload.rollout();
        expect(status).to.include({ phase: 'Paused', stableRS: before.status?.stableRS });
        expect(status?.pauseConditions?.map(({ reason }) => reason)).to.deep.equal([
          'InconclusiveAnalysisRun',
        ]);
        // Argo Rollouts switches before it analyses, here to be held where it was aborted.
        expect(await workload.selectedBy('active')).to.equal(status?.currentPodHash);
      }

      const { run, analysis: judged } = await workload.outcome();
      expect(run.status?.phase).to.equal('Inconclusive');
      expect(judged.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
    },
  );
}

/** Has the controller look at the Rollout once more, and returns when it has. */
async function forceSync(workload: ScenarioWorkload): Promise<void> {
  const { metadata } = await workload.annotate({ synced: new Date().toISOString() });
  const looked = new RegExp(
    `Reconciliation completed.* namespace=${workload.namespace} resourceVersion=(\\d+) `,
    'g',
  );
  for (;;) {
    const log = await readFile(workload.environment.controllers[0].logFile, 'utf8');
    const seen = Array.from(log.matchAll(looked), ([, version]) => Number(version));
    if (Math.max(...seen) >= Number(metadata.resourceVersion)) return;
    await sleep(100, undefined, { signal: workload.signal });
  }
}

/** Waits until the plugin says that a wake did not arrive. */
async function untilRefused({ environment, namespace, signal }: ScenarioWorkload): Promise<void> {
  const isRefusal = (line: string) => line.includes('could not be woken') && line.includes(`${namespace}/`);
  for (;;) {
    const log = await readFile(environment.controllers[0].logFile, 'utf8');
    if (log.split('\n').some(isRefusal)) return;
    await sleep(100, undefined, { signal });
  }
}

/** Two wakes and an edit by a person at the same moment. */
async function wakeTwice(workload: ScenarioWorkload, run: AnalysisRun, value: string): Promise<void> {
  await Promise.all([
    workload.touch(run, { annotations: { [ANNOTATION_WAKE]: `${value}-1` } }),
    workload.touch(run, { annotations: { [ANNOTATION_WAKE]: `${value}-2` } }),
    workload.touch(run, { labels: { edited: value } }),
  ]);
}
