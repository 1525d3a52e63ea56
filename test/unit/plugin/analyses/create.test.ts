import { expect } from 'chai';
import { ResourceClient } from '../../../../crds/client/resource-client.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { type Created, createAnalysis } from '../../../../plugin/analyses/create.ts';
import { analysisOf, type Question } from '../../../../plugin/analyses/question.ts';
import type { Refusal } from '../../../../plugin/analyses/refusal.ts';
import { CANARY_ANALYSES } from '../../../../plugin/analyses/resources.ts';
import { type ClosableTransport, createTransport } from '../../../../plugin/transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';
import { ACCOUNT, PLUGIN, type PluginLab, startPluginLab } from '../lab.ts';

const QUESTION: Question = {
  pluginName: PLUGIN,
  namespace: 'default',
  analysisRun: 'web-6ff4cd9669-2-1',
  analysisRunUID: '2f0e5d5e-0000-0000-0000-000000000001',
  metric: 'ai',
  ordinal: 1,
  podTemplateHash: '6ff4cd9669',
  rollout: 'web',
  config: { dialect: 'default', spec: { timeoutSeconds: 60 }, warnings: [], digest: 'd1' },
};

describe('creating the analysis of a measurement', () => {
  let lab: PluginLab;
  let transport: ClosableTransport;
  let client: ResourceClient<CanaryAnalysis>;

  async function start(options?: { installed: boolean }): Promise<void> {
    lab = await startPluginLab(options);
    transport = await createTransport(lab.endpoint);
    client = new ResourceClient(transport, CANARY_ANALYSES);
  }

  afterEach(async () => {
    transport.close();
    await lab.stop();
  });

  const create = (question: Question = QUESTION, random = () => 1): Promise<Created> =>
    createAnalysis(analysisOf(question), { client, random });

  async function refusalOf(question: Question = QUESTION): Promise<Refusal> {
    const created = await create(question);
    if ('refusal' in created) return created.refusal;
    throw new Error('the analysis was created');
  }

  it('stores what was asked, awaited, and owned by nobody', async () => {
    await start();
    const created = await create();
    expect(created).to.have.property('analysis');
    const [stored] = await lab.analyses();
    expect(stored?.spec).to.deep.equal({
      timeoutSeconds: 60,
      rolloutRef: { name: 'web' },
      measurement: {
        analysisRun: 'web-6ff4cd9669-2-1',
        analysisRunUID: '2f0e5d5e-0000-0000-0000-000000000001',
        metric: 'ai',
        ordinal: 1,
        podTemplateHash: '6ff4cd9669',
      },
    });
    expect(stored?.metadata.labels).to.deep.equal({
      'metric-ai.argoproj-labs.io/awaited': 'true',
      'metric-ai.argoproj-labs.io/plugin': 'argoproj-labs.metric-ai',
    });
    expect(stored?.metadata.annotations).to.deep.equal({ 'metric-ai.argoproj-labs.io/config-digest': 'd1' });
    expect(stored?.metadata).not.to.have.property('ownerReferences');
  });

  it('finds the same object when it is asked again', async () => {
    await start();
    const [first, second] = [await create(), await create()];
    expect('analysis' in first && first.analysis.metadata.uid).to.be.a('string');
    expect('analysis' in second && second.analysis.metadata.uid).to.equal(
      'analysis' in first && first.analysis.metadata.uid,
    );
    expect(await lab.analyses()).to.have.length(1);
  });

  it('finds its own object when the answer to the create was lost', async () => {
    await start();
    lab.server.faults.add({ verb: 'create', resource: 'canaryanalyses' }, { loseAnswer: true }, 1);
    expect(await create()).to.have.property('analysis');
    expect(lab.requests).to.include('get canaryanalyses');
    expect(await lab.analyses()).to.have.length(1);
  });

  it('does not take an object of another AnalysisRun for its own', async () => {
    await start();
    const { metadata, spec } = analysisOf(QUESTION);
    const measurement = {
      ...spec.measurement,
      analysisRun: 'web',
      metric: 'ai',
      ordinal: 1,
      analysisRunUID: 'x',
    };
    await client.create({ metadata, spec: { ...spec, measurement } });
    expect((await refusalOf()).reason).to.equal('NameTaken');
  });

  it('does not take an object that asks something else for its own', async () => {
    await start();
    await create({ ...QUESTION, config: { ...QUESTION.config, digest: 'd2' } });
    expect((await refusalOf()).reason).to.equal('NameTaken');
  });

  it('does not take a person’s object for its own', async () => {
    await start();
    const wanted = analysisOf(QUESTION);
    const { name, namespace = '' } = wanted.metadata;
    await client.create({ metadata: { name, namespace }, spec: {} });
    const refusal = await refusalOf();
    expect(refusal.reason).to.equal('NameTaken');
    expect(refusal.message)
      .to.include(name)
      .and.to.match(/delete it, or rename the metric/);
  });

  it('tries 429 and 5xx again', async () => {
    await start();
    lab.server.faults.add({ verb: 'create' }, { status: 503 }, 1);
    lab.server.faults.add({ verb: 'create' }, { reset: true }, 1);
    lab.server.faults.add({ verb: 'create' }, { status: 429 }, 1);
    expect(await create(QUESTION, () => 0.9)).to.have.property('analysis');
    expect(lab.requests.filter((request) => request === 'create canaryanalyses')).to.have.length(4);
  });

  it('gives up after 8 s and says what the API server did', async () => {
    await start();
    const clock = new FakeClock();
    lab.server.faults.add({ verb: 'create' }, { status: 503, message: 'etcd is away' });
    const client = new ResourceClient<CanaryAnalysis>(transport, CANARY_ANALYSES);
    const created = createAnalysis(analysisOf(QUESTION), { client, clock });
    let settled = false;
    void created.finally(() => {
      settled = true;
    });
    while (!settled) {
      const budgetAndWait = clock.untilPending(2).then(() => clock.advance(500));
      await Promise.race([budgetAndWait, created]);
    }
    expect(clock.monotonic()).to.be.within(4_000, 8_000);
    const result = await created;
    expect('refusal' in result && result.refusal.reason).to.equal('ApiServerUnavailable');
    expect('refusal' in result && result.refusal.message).to.match(/within 8 s.*etcd is away/);
  });

  it('says that the resource is not installed', async () => {
    await start({ installed: false });
    const { reason, message } = await refusalOf();
    expect(reason).to.equal('NotInstalled');
    expect(message).to.match(/canaryanalyses\.metric-ai\.argoproj-labs\.io.*CustomResourceDefinition/);
  });

  it('says to upgrade when the installed definition lacks a field', async () => {
    await start();
    const spec = { timeoutSeconds: 60, fieldOfTomorrow: 1 };
    const { reason, message } = await refusalOf({ ...QUESTION, config: { ...QUESTION.config, spec } });
    expect(reason).to.equal('UpgradeNeeded');
    expect(message)
      .to.match(/upgrade the CRD/)
      .and.to.include('fieldOfTomorrow');
  });

  it('names the ClusterRole and the account when it may not create', async () => {
    await start();
    lab.server.access.deny({ user: ACCOUNT, verb: 'create', resource: 'canaryanalyses' });
    const { reason, message } = await refusalOf();
    expect(reason).to.equal('CreateRefused');
    expect(message).to.include('ClusterRole canary-analysis-plugin').and.to.include(ACCOUNT);
  });

  it('passes on why the content was refused', async () => {
    await start();
    const spec = { timeoutSeconds: 5 };
    const { reason, message } = await refusalOf({ ...QUESTION, config: { ...QUESTION.config, spec } });
    expect(reason).to.equal('CreateRefused');
    expect(message).to.include('timeoutSeconds');
  });

  it('ends at once when the process is told to go', async () => {
    await start();
    const gone = new AbortController();
    lab.server.faults.add({ verb: 'create' }, { hang: true });
    const created = createAnalysis(analysisOf(QUESTION), { client, signal: gone.signal });
    gone.abort();
    expect(await failureOf(created)).to.have.property('code', 'ABORTED');
  });
});
