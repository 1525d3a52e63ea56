import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../crds/v1alpha1/labels.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const CONFIG = { observation: { waitSeconds: 30 } };

describe(`a measurement, from Run to its verdict (${API_SERVER.name})`, () => {
  let system: System;
  before(async function () {
    this.timeout('30m');
    system = await System.start();
  });
  after(() => system.stop());

  /** Deploys, measures, and gives the finished run with its one analysis. */
  async function judged(namespace: string, fault: '' | 'errors' | 'crash', options = {}) {
    const rollout = await system.deploy(namespace, fault);
    const run = await system.finished(await system.measure(rollout, CONFIG, options));
    const [analysis] = await system.analyses(namespace);
    return { run, analysis: analysis as CanaryAnalysis, measurement: measurementOf(run) };
  }

  it('is Successful for a canary that does as stable does, with the confidence as its value', async () => {
    const { run, analysis, measurement } = await judged('good', '');
    expect(measurement.phase, measurement.message).to.equal('Successful');
    expect(run.status?.phase).to.equal('Successful');
    expect(analysis.status?.verdict).to.equal('Promote');
    expect(measurement.value).to.equal(((analysis.status?.confidence ?? 0) / 100).toFixed(2));
    expect(measurement.message).to.contain(analysis.status?.message);
    expect(analysis.status?.coverage?.power).to.be.at.least(80);
    expect(analysis.status?.evidenceRef?.configMap).to.be.a('string');
    expect(analysis.metadata.ownerReferences?.[0]).to.include({ kind: 'Rollout', name: 'web' });
  });

  it('is Failed for a canary that logs errors stable does not log, and says which', async () => {
    const { measurement, analysis } = await judged('errors', 'errors');
    expect(measurement).to.include({ phase: 'Failed', value: '0' });
    expect(analysis.status?.reason).to.equal('Regression');
    expect(measurement.message).to.contain('order could not be stored');
    expect(analysis.status?.findings?.[0]).to.include({ stableCount: 0, severity: 'Regressed' });
  });

  it('is Failed for a crash loop as soon as it is a fact, before the time to observe is over', async () => {
    const { measurement, analysis } = await judged('crash', 'crash');
    expect(measurement.phase).to.equal('Failed');
    expect(analysis.status).to.include({ verdict: 'Abort', reason: 'BlockingFact' });
    expect(analysis.status?.durationSeconds).to.be.lessThan(CONFIG.observation.waitSeconds / 2);
  });

  it('is forgiven in a dry run, and recorded all the same', async () => {
    const { run, measurement } = await judged('dry-run', 'crash', { dryRun: ['canary-analysis'] });
    expect(measurement.phase).to.equal('Failed');
    expect(run.status?.phase).to.equal('Successful');
  });

  it('is released and leaves the audit behind when its AnalysisRun is over and deleted', async () => {
    const { run, analysis } = await judged('audit', 'crash');
    await system.analysis(
      'audit',
      'is released',
      ({ metadata }) => metadata.labels?.[LABEL_AWAITED] === undefined,
    );
    await system.lab.client.delete(
      `/apis/argoproj.io/v1alpha1/namespaces/audit/analysisruns/${run.metadata.name}`,
    );
    expect((await system.analyses('audit')).map(({ metadata }) => metadata.uid)).to.deep.equal([
      analysis.metadata.uid,
    ]);
  });

  it('ends Inconclusive and cancelled when the AnalysisRun is told to terminate', async () => {
    const rollout = await system.deploy('terminate');
    const run = await system.measure(rollout, CONFIG);
    await system.analysis('terminate', 'was taken up', ({ status }) => status?.startTime !== undefined);
    const path = `/apis/argoproj.io/v1alpha1/namespaces/terminate/analysisruns/${run.metadata.name}`;
    await system.lab.client.patch(path, { spec: { terminate: true } });
    expect(measurementOf(await system.finished(run)).phase).to.equal('Inconclusive');
    const analysis = await system.analysis(
      'terminate',
      'has a verdict',
      ({ status }) => status?.verdict !== undefined,
    );
    expect(analysis.status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
  });

  it('repeats as often as the metric counts, each time as an analysis of its own', async () => {
    const rollout = await system.deploy('repeats', 'crash');
    const run = await system.measure(rollout, CONFIG, { count: 2, interval: '1s', failureLimit: 2 });
    await system.finished(run);
    const ordinals = (await system.analyses('repeats'))
      .map(({ spec }) => spec.measurement?.ordinal)
      .toSorted();
    expect(ordinals).to.deep.equal([1, 2]);
  });

  if (API_SERVER.embedded) {
    it('costs the API server one create and one wake from the plugin, and no polling', async () => {
      const rollout = await system.deploy('requests', 'crash');
      const requests: string[] = [];
      const stop = system.lab.embedded?.onRequest(({ user, verb, resource, namespace }) => {
        if (user === 'argo-rollouts' && namespace === 'requests') requests.push(`${verb} ${resource}`);
      });
      await system.finished(await system.measure(rollout, CONFIG));
      stop?.();
      const byPlugin = requests.filter(
        (request) => !/^(update|list|watch) |analysisruns\/status/.test(request),
      );
      expect(byPlugin.filter((request) => request === 'create canaryanalyses')).to.have.length(1);
      expect(byPlugin.filter((request) => request === 'get canaryanalyses')).to.have.length(0);
    });
  }
});
