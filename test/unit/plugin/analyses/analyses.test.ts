import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import { objectKey } from '../../../../crds/client/resource.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { ANNOTATION_WAKE, LABEL_AWAITED } from '../../../../crds/v1alpha1/labels.ts';
import { Analyses, type AnalysisRef } from '../../../../plugin/analyses/analyses.ts';
import { type ClosableTransport, createTransport } from '../../../../plugin/transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';
import { ACCOUNT, PLUGIN, type PluginLab, recordingLogger, startPluginLab, until, verdict } from '../lab.ts';

const CONFIG = { dialect: 'default', spec: {}, warnings: [], digest: 'd1' } as const;

describe('the analyses that measurements wait for', () => {
  let lab: PluginLab;
  let transport: ClosableTransport;
  let analyses: Analyses;
  let log: ReturnType<typeof recordingLogger>;

  beforeEach(async () => {
    lab = await startPluginLab();
    transport = await createTransport(lab.endpoint);
    log = recordingLogger();
    analyses = new Analyses({ transport, clock: systemClock, log, random: () => 0 });
  });

  afterEach(async () => {
    analyses.stop();
    transport.close();
    await lab.stop();
  });

  async function ask(name = 'web-1', metric = 'ai'): Promise<{ ref: AnalysisRef; analysis: CanaryAnalysis }> {
    const run = await lab.createRun(name);
    const created = await analyses.create({
      pluginName: PLUGIN,
      namespace: 'default',
      analysisRun: name,
      analysisRunUID: run.metadata.uid ?? '',
      metric,
      ordinal: 1,
      config: CONFIG,
    });
    if ('refusal' in created) throw new Error(created.refusal.message);
    const { analysis } = created;
    return { analysis, ref: { pluginName: PLUGIN, namespace: 'default', name: analysis.metadata.name } };
  }

  const wakeOf = async (name: string): Promise<string | undefined> =>
    (await lab.getRun(name)).metadata.annotations?.[ANNOTATION_WAKE];

  const count = (request: string): number => lab.requests.filter((each) => each === request).length;

  /** Resolves once a watch has shown the analysis: what the operator wrote is known. */
  async function mirrored(ref: AnalysisRef): Promise<void> {
    await lab.decide(ref.name, { look: 7 });
    await until(() => analyses.peek(ref)?.status?.look === 7);
  }

  it('are known without a request from their creation on', async () => {
    const { ref, analysis } = await ask();
    expect(analyses.peek(ref)?.metadata.uid).to.equal(analysis.metadata.uid);
    expect(count('get canaryanalyses')).to.equal(0);
  });

  it('wake their measurement when a verdict arrives, with one request and without polling', async () => {
    const { ref } = await ask();
    await lab.decide(ref.name, verdict({ verdict: 'Promote' }));
    expect(await until(() => wakeOf('web-1'))).to.include(ref.name);
    expect(analyses.peek(ref)?.status?.verdict).to.equal('Promote');
    expect(count('create canaryanalyses')).to.equal(1);
    expect(count('patch analysisruns')).to.equal(1);
    expect(count('get analysisruns') + count('get canaryanalyses')).to.equal(0);
  });

  it('do not wake again for what is written beside a verdict', async () => {
    const { ref } = await ask();
    await lab.decide(ref.name, verdict({ verdict: 'Abort' }));
    const first = await until(() => wakeOf('web-1'));
    await lab.decide(ref.name, { issueURL: 'https://github.com/acme/shop/issues/1' });
    await until(() => analyses.peek(ref)?.status?.issueURL !== undefined);
    const { ref: other } = await ask('web-2');
    await lab.decide(other.name, verdict({ verdict: 'Abort' }));
    await until(() => wakeOf('web-2'));
    expect(await wakeOf('web-1')).to.equal(first);
  });

  it('wake a measurement that still waits when somebody cancelled them by hand', async () => {
    const { ref } = await ask();
    await lab.decide(ref.name, verdict({ verdict: 'Inconclusive', reason: 'Cancelled' }));
    expect(await until(() => wakeOf('web-1'))).to.include(ref.name);
    expect(count('get analysisruns')).to.equal(1);
  });

  it('do not wake a measurement that was told of the cancellation', async () => {
    const { ref } = await ask();
    analyses.answered(`${ref.namespace}/${ref.name}`);
    await lab.decide(ref.name, verdict({ verdict: 'Inconclusive', reason: 'Cancelled' }));
    await until(() => analyses.peek(ref)?.status?.verdict !== undefined);
    const { ref: other } = await ask('web-2');
    await lab.decide(other.name, verdict({ verdict: 'Abort' }));
    await until(() => wakeOf('web-2'));
    expect(await wakeOf('web-1')).to.equal(undefined);
    expect(count('get analysisruns')).to.equal(0);
  });

  it('wake their measurement when they are deleted, so that it learns of it', async () => {
    const { ref } = await ask();
    await mirrored(ref);
    await lab.deleteAnalysis(ref.name);
    await until(() => wakeOf('web-1'));
    expect(analyses.peek(ref)).to.equal(undefined);
    expect(await failureOf(analyses.read(ref))).to.have.property('code', 'API_NOT_FOUND');
  });

  it('leave a measurement alone that has its answer when they are no longer awaited', async () => {
    const { ref } = await ask();
    await mirrored(ref);
    analyses.answered(objectKey(ref));
    await lab.patchAnalysis(ref.name, { metadata: { labels: { [LABEL_AWAITED]: null } } });
    await until(() => analyses.peek(ref) === undefined);
    expect(count('get analysisruns') + count('patch analysisruns')).to.equal(0);
  });

  it('are found by a new process, which wakes for those decided meanwhile', async () => {
    const { ref } = await ask();
    analyses.stop();
    await lab.decide(ref.name, verdict({ verdict: 'Promote' }));
    analyses = new Analyses({ transport, clock: systemClock, log });
    expect(analyses.peek(ref)).to.equal(undefined);
    await until(() => wakeOf('web-1'));
    expect(analyses.peek(ref)?.status?.verdict).to.equal('Promote');
    expect(count('get analysisruns')).to.equal(1);
  });

  it('are watched in the namespaces of the calls where the whole cluster is forbidden', async () => {
    analyses.stop();
    lab.server.access.deny({ user: ACCOUNT, resource: 'canaryanalyses', namespace: '' });
    analyses = new Analyses({ transport, clock: systemClock, log });
    const { ref } = await ask();
    await lab.decide(ref.name, verdict({ verdict: 'Promote' }));
    await until(() => wakeOf('web-1'));
    expect(log.lines.filter(({ message }) => message.includes('all namespaces is forbidden'))).to.have.length(
      1,
    );
  });

  it('are asked for again while the watch is broken, and known again afterwards', async () => {
    const { ref } = await ask();
    await mirrored(ref);
    await lab.server.down();
    await until(() => analyses.peek(ref) === undefined);
    expect(await failureOf(analyses.read(ref))).to.have.property('code', 'API_UNREACHABLE');
    await lab.server.up();
    await until(() => analyses.peek(ref) !== undefined);
    await lab.decide(ref.name, verdict({ verdict: 'Abort' }));
    await until(() => wakeOf('web-1'));
  });

  it('wake their measurement when no operator takes them up', async () => {
    analyses.stop();
    const clock = new FakeClock(Date.now());
    analyses = new Analyses({ transport, clock, log });
    const { ref } = await ask();
    await mirrored(ref);
    await clock.advance(58_000);
    expect(await wakeOf('web-1')).to.equal(undefined);
    await clock.advance(5_000);
    expect(await until(() => wakeOf('web-1'))).to.include(ref.name);
  });

  describe('cancelled', () => {
    it('return what the API server stored', async () => {
      const { ref, analysis } = await ask();
      const { uid = '' } = analysis.metadata;
      const stored = await analyses.cancel(ref, { uid, waitMs: 2_000 });
      expect(stored?.spec.cancelled).to.equal(true);
    });

    it('return a verdict that was there first', async () => {
      const { ref } = await ask();
      await lab.decide(ref.name, verdict({ verdict: 'Abort' }));
      expect((await analyses.cancel(ref, { waitMs: 2_000 }))?.status?.verdict).to.equal('Abort');
    });

    it('are never another object of the name', async () => {
      const { ref } = await ask();
      expect(await failureOf(analyses.cancel(ref, { uid: 'other', waitMs: 2_000 }))).to.have.property(
        'code',
        'API_CONFLICT',
      );
      expect((await lab.analyses())[0]?.spec).not.to.have.property('cancelled');
    });

    it('are reported as unknown when there is no answer in time, and cancelled later when insisted on', async () => {
      const { ref } = await ask();
      lab.server.faults.add({ verb: 'patch', resource: 'canaryanalyses' }, { status: 503 }, 3);
      expect(await analyses.cancel(ref, { waitMs: 20, insist: true })).to.equal(undefined);
      await until(async () => (await lab.analyses())[0]?.spec.cancelled);
    });

    it('are left alone afterwards when not insisted on', async () => {
      const { ref } = await ask();
      const fault = lab.server.faults.add({ verb: 'patch', resource: 'canaryanalyses' }, { status: 503 });
      expect(await analyses.cancel(ref, { waitMs: 20 })).to.equal(undefined);
      fault.remove();
      expect(await failureOf(analyses.cancel({ ...ref, name: 'none' }, { waitMs: 2_000 }))).to.have.property(
        'code',
        'API_NOT_FOUND',
      );
      expect((await lab.analyses())[0]?.spec).not.to.have.property('cancelled');
    });
  });
});
