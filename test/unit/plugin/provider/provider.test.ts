import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { Analyses } from '../../../../plugin/analyses/analyses.ts';
import { readConfig } from '../../../../plugin/config/read-config.ts';
import type { AnalysisRun, Measurement, Metric } from '../../../../plugin/goplugin/metric-provider.ts';
import { CanaryAnalysisProvider } from '../../../../plugin/provider/provider.ts';
import { type ClosableTransport, createTransport } from '../../../../plugin/transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { failureOf } from '../../../support/promises.ts';
import { ACCOUNT, PLUGIN, type PluginLab, recordingLogger, startPluginLab, until, verdict } from '../lab.ts';

describe('the seven calls', () => {
  let lab: PluginLab;
  let transport: ClosableTransport;
  let analyses: Analyses;
  let clock: FakeClock;
  let log: ReturnType<typeof recordingLogger>;
  let provider: CanaryAnalysisProvider;

  beforeEach(async () => {
    lab = await startPluginLab();
    transport = await createTransport(lab.endpoint);
    clock = new FakeClock(Date.now());
    log = recordingLogger();
    analyses = new Analyses({ transport, clock: systemClock, log });
    provider = new CanaryAnalysisProvider({
      engine: async () => ({ analyses, readConfig }),
      logger: log,
      env: { GITHUB_TOKEN: 'secret', LOG_LEVEL: 'info' },
      controllerNamespace: 'argo-rollouts',
      version: '1.2.3',
      clock,
    });
  });

  afterEach(async () => {
    analyses.stop();
    transport.close();
    await lab.stop();
  });

  const metricOf = (config: unknown = {}): Metric => ({
    Name: 'ai',
    Provider: { Plugin: new Map([[PLUGIN, Buffer.from(JSON.stringify(config))]]) },
  });

  async function runOf(name = 'web-1'): Promise<AnalysisRun> {
    const { metadata } = await lab.createRun(name);
    return { ObjectMeta: { Name: name, Namespace: 'default', UID: metadata.uid ?? '' } };
  }

  async function begin(config: unknown = {}): Promise<{
    run: AnalysisRun;
    metric: Metric;
    begun: Measurement;
    analysis: CanaryAnalysis;
  }> {
    const run = await runOf();
    const metric = metricOf(config);
    const begun = await provider.run(run, metric);
    const [analysis] = await lab.analyses();
    if (analysis === undefined) throw new Error(`no analysis: ${begun.message}`);
    return { run, metric, begun, analysis };
  }

  describe('Run', () => {
    it('asks for an analysis and answers at once', async () => {
      const { begun, analysis } = await begin({
        agentUrl: 'http://kubernetes-agent:8080',
        stableLabel: 'a=b',
      });
      expect(begun.phase).to.equal('Running');
      expect(begun).not.to.have.property('resumeAt');
      expect(Object.fromEntries(begun.metadata ?? [])).to.deep.equal({
        canaryAnalysis: `default/${analysis.metadata.name}`,
        uid: analysis.metadata.uid,
      });
      expect(analysis.spec.reviewers).to.deep.equal([
        { a2a: { url: 'http://kubernetes-agent.argo-rollouts.svc:8080' } },
      ]);
    });

    it('asks once when it is called twice', async () => {
      const { run, metric, begun } = await begin();
      const again = await provider.run(run, metric);
      expect(again.metadata).to.deep.equal(begun.metadata);
      expect(await lab.analyses()).to.have.length(1);
    });

    it('answers with the verdict when a repeated call finds one', async () => {
      const { run, metric, analysis } = await begin();
      await lab.decide(analysis.metadata.name, verdict({ verdict: 'Abort', message: 'It crashes.' }));
      const again = await provider.run(run, metric);
      expect(again.phase).to.equal('Failed');
      expect(again.message).to.equal('It crashes.');
    });

    it('is an error that names the field of a wrong configuration, and asks for nothing', async () => {
      const measurement = await provider.run(await runOf(), metricOf({ stableLabel: 'role=stable' }));
      expect(measurement.phase).to.equal('Error');
      expect(measurement.message).to.include('agentUrl is required in plugin configuration');
      expect(measurement.metadata?.get('reason')).to.equal('InvalidConfiguration');
      expect(await lab.analyses()).to.deep.equal([]);
    });

    it('logs what works but not as written, and keeps it with the analysis', async () => {
      const { analysis } = await begin({ model: 'm', analysisMode: 'agent' });
      const warning = 'Agent mode requires namespace and podName';
      expect(log.lines.some(({ level, message }) => level === 'warn' && message.includes(warning))).to.equal(
        true,
      );
      expect(analysis.metadata.annotations?.['metric-ai.argoproj-labs.io/config-warnings']).to.include(
        warning,
      );
    });

    it('is an error that names the ClusterRole when the account may not create', async () => {
      lab.server.access.deny({ user: ACCOUNT, verb: 'create', resource: 'canaryanalyses' });
      const measurement = await provider.run(await runOf(), metricOf());
      expect(measurement.phase).to.equal('Error');
      expect(measurement.message).to.include('canary-analysis-plugin');
      expect(measurement.metadata?.get('reason')).to.equal('CreateRefused');
    });

    it('answers Running when the process is told to quit while the API server hangs', async () => {
      lab.server.faults.add({ user: ACCOUNT, verb: 'create' }, { hang: true });
      const running = provider.run(await runOf(), metricOf());
      await until(() => lab.requests.includes('create canaryanalyses'));
      provider.quit();
      await clock.advance(700);
      const measurement = await running;
      expect(measurement.phase).to.equal('Running');
      expect(measurement.metadata?.get('canaryAnalysis')).to.match(/^default\/web-1-ai-1-/);
    });
  });

  describe('Resume', () => {
    it('returns the very measurement while there is no verdict, without a request', async () => {
      const { run, metric, begun } = await begin();
      const before = lab.requests.length;
      expect(await provider.resume(run, metric, begun)).to.equal(begun);
      expect(lab.requests.slice(before).filter((request) => request.startsWith('get'))).to.deep.equal([]);
    });

    it('returns the verdict with the operator’s words, and logs them', async () => {
      const { run, metric, begun, analysis } = await begin();
      await lab.decide(
        analysis.metadata.name,
        verdict({ verdict: 'Promote', confidence: 87, message: 'Nothing speaks against it.' }),
      );
      const final = await until(async () => {
        const measurement = await provider.resume(run, metric, begun);
        return measurement !== begun && measurement;
      });
      expect(final).to.include({ phase: 'Successful', value: '0.87', message: 'Nothing speaks against it.' });
      const line = log.lines.find(({ message }) => message === 'AI metric: analysis decided');
      expect(line?.fields).to.include({ verdict: 'Promote', reason: 'NoRegression', plugin: PLUGIN });
    });

    it('asks the API server when it knows nothing, as after a restart', async () => {
      const { run, metric, begun, analysis } = await begin();
      await lab.decide(analysis.metadata.name, verdict({ verdict: 'Inconclusive' }));
      analyses.stop();
      analyses = new Analyses({ transport, clock: systemClock, log });
      const restarted = new CanaryAnalysisProvider({
        engine: async () => ({ analyses, readConfig }),
        logger: log,
        env: {},
        controllerNamespace: 'argo-rollouts',
        version: '1.2.3',
        clock,
      });
      expect((await restarted.resume(run, metric, begun)).phase).to.equal('Inconclusive');
    });

    it('is an error when the analysis was deleted', async () => {
      const { run, metric, begun, analysis } = await begin();
      await lab.deleteAnalysis(analysis.metadata.name);
      const final = await until(async () => {
        const measurement = await provider.resume(run, metric, begun);
        return measurement !== begun && measurement;
      });
      expect(final.phase).to.equal('Error');
      expect(final.metadata?.get('reason')).to.equal('AnalysisDeleted');
    });

    it('is an error when another object has the name, even one with a verdict', async () => {
      const { run, metric, begun, analysis } = await begin();
      const { name, namespace = '' } = analysis.metadata;
      await lab.deleteAnalysis(name);
      const path = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${namespace}/canaryanalyses`;
      const { apiVersion, kind, spec } = analysis;
      await lab.admin.create(path, { apiVersion, kind, metadata: { name, namespace }, spec });
      await lab.decide(name, verdict({ verdict: 'Promote', confidence: 100 }));
      const final = await until(async () => {
        const measurement = await provider.resume(run, metric, begun);
        return measurement !== begun && measurement;
      });
      expect(final.phase).to.equal('Error');
    });

    it('is an error when the measurement does not say what it waits for', async () => {
      const { run, metric } = await begin();
      expect((await provider.resume(run, metric, { phase: 'Running' })).phase).to.equal('Error');
    });

    for (const status of [401, 403, 503]) {
      it(`changes nothing when the API server answers ${status}`, async () => {
        const { run, metric, begun } = await begin();
        analyses.stop();
        lab.server.faults.add({ user: ACCOUNT, resource: 'canaryanalyses' }, { status });
        analyses = new Analyses({ transport, clock: systemClock, log });
        const restarted = new CanaryAnalysisProvider({
          engine: async () => ({ analyses, readConfig }),
          logger: log,
          env: {},
          controllerNamespace: 'argo-rollouts',
          version: '1.2.3',
          clock,
        });
        expect(await restarted.resume(run, metric, begun)).to.equal(begun);
      });
    }

    it('gives up on an operator that is not there, says what to check, and cancels', async () => {
      const { run, metric, begun } = await begin();
      await clock.advance(61_000);
      const final = await provider.resume(run, metric, begun);
      expect(final.phase).to.equal('Error');
      expect(final.metadata?.get('reason')).to.equal('OperatorNotRunning');
      expect(final.message).to.match(/check that/);
      expect((await lab.analyses())[0]?.spec.cancelled).to.equal(true);
    });

    it('takes a verdict that arrives in the moment of giving up', async () => {
      const { run, metric, begun, analysis } = await begin();
      await until(async () => {
        const before = lab.requests.length;
        await provider.resume(run, metric, begun);
        return !lab.requests.slice(before).includes('get canaryanalyses');
      });
      lab.server.faults.add({ verb: 'patch', user: ACCOUNT }, { delayMs: 200 }, 1);
      await clock.advance(61_000);
      const resumed = provider.resume(run, metric, begun);
      await lab.decide(analysis.metadata.name, verdict({ verdict: 'Abort' }));
      expect((await resumed).phase).to.equal('Failed');
      expect((await lab.analyses())[0]?.spec.cancelled).to.equal(true);
    });

    it('decides nothing on its own while the API server is away', async () => {
      const { run, metric, begun } = await begin();
      await clock.advance(61_000);
      await lab.server.down();
      expect(await provider.resume(run, metric, begun)).to.equal(begun);
    });
  });

  describe('Terminate', () => {
    it('cancels the analysis and is inconclusive', async () => {
      const { run, metric, begun } = await begin();
      const final = await provider.terminate(run, metric, begun);
      expect(final.phase).to.equal('Inconclusive');
      expect(final.metadata?.get('reason')).to.equal('Cancelled');
      expect((await lab.analyses())[0]?.spec.cancelled).to.equal(true);
    });

    for (const [given, phase] of [
      ['Promote', 'Successful'],
      ['Abort', 'Failed'],
      ['Inconclusive', 'Inconclusive'],
      ['Error', 'Inconclusive'],
    ] as const) {
      it(`is ${phase} when the analysis already said ${given}`, async () => {
        const { run, metric, begun, analysis } = await begin();
        await lab.decide(analysis.metadata.name, verdict({ verdict: given }));
        expect((await provider.terminate(run, metric, begun)).phase).to.equal(phase);
      });
    }

    it('is inconclusive within 2 s when the API server does not answer', async () => {
      const { run, metric, begun } = await begin();
      lab.server.faults.add({ verb: 'patch' }, { hang: true });
      const started = performance.now();
      expect((await provider.terminate(run, metric, begun)).phase).to.equal('Inconclusive');
      expect(performance.now() - started).to.be.below(2_000);
    });

    it('is inconclusive when the analysis is gone or not known', async () => {
      const { run, metric, begun, analysis } = await begin();
      await lab.deleteAnalysis(analysis.metadata.name);
      expect((await provider.terminate(run, metric, begun)).phase).to.equal('Inconclusive');
      expect((await provider.terminate(run, metric, { phase: 'Running' })).phase).to.equal('Inconclusive');
    });
  });

  it('GarbageCollect deletes nothing', async () => {
    await begin();
    await provider.garbageCollect();
    expect(await lab.analyses()).to.have.length(1);
  });

  it('GetMetadata tells version and dialect, never the configuration', async () => {
    const tell = async (config: unknown) => Object.fromEntries(await provider.getMetadata(metricOf(config)));
    expect(await tell({})).to.deep.equal({ version: '1.2.3', dialect: 'default' });
    expect(await tell({ model: 'm', namespace: 'x', podName: 'y' })).to.deep.equal({
      version: '1.2.3',
      dialect: 'v0',
    });
    expect(await tell({ nonsense: 'secret' })).to.deep.equal({ version: '1.2.3' });
  });

  it('Type is the documented name', () => {
    expect(provider.type()).to.equal('argoproj-labs/metric-ai');
  });

  it('InitPlugin says the documented words and names keys that belong to the operator', async () => {
    await provider.initPlugin();
    expect(log.lines.map(({ message }) => message)).to.include(
      'Successfully loaded plugin: argoproj-labs/metric-ai',
    );
    const warning = log.lines.find(({ level }) => level === 'warn');
    expect(warning?.fields).to.deep.equal({ variables: 'GITHUB_TOKEN' });
  });

  it('tries to load again when loading failed', async () => {
    let tries = 0;
    const flaky = new CanaryAnalysisProvider({
      engine: async () => {
        if (tries++ === 0) throw new Error('no file');
        return { analyses, readConfig };
      },
      logger: log,
      env: {},
      controllerNamespace: 'argo-rollouts',
      version: '1.2.3',
      clock,
    });
    const run = await runOf();
    expect((await failureOf(flaky.run(run, metricOf()))).message).to.equal('no file');
    expect((await flaky.run(run, metricOf())).phase).to.equal('Running');
  });
});
