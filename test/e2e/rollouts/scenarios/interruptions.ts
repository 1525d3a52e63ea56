import { expect } from 'chai';
import { analysis, canary, measurementsOf, rollout, setWeight } from '../objects.ts';
import type { Scenarios } from '../scenario.ts';
import type { Shop } from '../shop.ts';

/** What must not disturb an analysis that is under way. */
export function interruptions({ together, alone }: Scenarios): void {
  together('is not disturbed when the same manifest is applied again', async (shop) => {
    await shop.template('check', { observation: { waitSeconds: 8, minPower: 0 } });
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

  alone(
    'goes on when the plugin is killed, and wakes the measurement from the next process',
    async (shop) => {
      const killed = await killWhileMeasuring(shop);
      await touch(shop);
      const { pid, startedAt } = killed;
      await shop.untilPhase('Healthy');

      expect(await shop.stage.pluginPid(), 'a new process').not.to.equal(pid);
      const { run, analysis: judged } = await shop.outcome();
      expect(measurementsOf(run)[0], 'the same measurement').to.include({ startedAt, phase: 'Successful' });
      expect(judged.status?.verdict).to.equal('Promote');
    },
  );

  alone('delivers a verdict that came while the plugin was dead at the next event', async (shop) => {
    const { startedAt } = await killWhileMeasuring(shop);
    const { analysis: asked } = await shop.outcome();
    const { apiVersion = '', kind = '', metadata } = asked;
    await shop.until({ apiVersion, kind, name: metadata.name }, 'has a verdict', ({ status }) =>
      Object.hasOwn(status ?? {}, 'verdict'),
    );
    expect(await shop.stage.pluginPid(), 'nobody starts the plugin by himself').to.equal(undefined);
    expect((await shop.outcome()).run.status?.phase).to.equal('Running');
    await touch(shop);
    await shop.untilPhase('Healthy');

    const { run, analysis: judged } = await shop.outcome();
    expect(measurementsOf(run)[0]).to.include({ startedAt, phase: 'Successful' });
    expect(judged.metadata.uid).to.equal(metadata.uid);
  });
}

/** A healthy canary whose measurement is under way when the plugin gets SIGKILL. */
async function killWhileMeasuring(shop: Shop): Promise<{ pid: number; startedAt: string | undefined }> {
  await shop.template('check', { observation: { waitSeconds: 8, minPower: 0 } });
  await shop.begin(canary([setWeight(34), analysis('check')]));
  shop.sendTraffic();
  await shop.ship({ version: 'v2' });
  const run = await shop.untilMeasuring();
  const pid = await shop.stage.pluginPid();
  if (pid === undefined) throw new Error('a measurement is under way and no plugin runs');
  process.kill(pid, 'SIGKILL');
  while ((await shop.stage.pluginPid()) === pid) shop.signal.throwIfAborted();
  return { pid, startedAt: measurementsOf(run)[0]?.startedAt };
}

/** Somebody edits the AnalysisRun: an event by which the controller looks at it again. */
async function touch(shop: Shop): Promise<void> {
  const { run } = await shop.outcome();
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${shop.namespace}/analysisruns/${run.metadata.name}`;
  await shop.stage.lab.client.patch(path, { metadata: { labels: { touched: 'yes' } } });
}
