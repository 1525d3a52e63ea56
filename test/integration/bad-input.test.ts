import { expect } from 'chai';
import { analysisName } from '../../crds/names.ts';
import type { AnalysisRun } from '../lab/driver/model.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const NO_WAIT = { observation: { waitSeconds: 10 } };

describe(`what cannot be judged never promotes, and says why (${API_SERVER.name})`, () => {
  let system: System;
  before(async function () {
    this.timeout('30m');
    system = await System.start();
  });
  after(() => system.stop());

  async function outcome(namespace: string, config: Record<string, unknown>) {
    const rollout = await system.deploy(namespace);
    const run = await system.finished(await system.measure(rollout, config));
    expect(run.status?.phase).not.to.equal('Successful');
    return measurementOf(run);
  }

  const refused: [what: string, config: Record<string, unknown>, message: RegExp][] = [
    ['an unknown field', { waitSecond: 5 }, /unknown field "waitSecond"/],
    [
      'a field close to a known one',
      { githubURL: 'https://github.com/acme/shop' },
      /did you mean "githubUrl"/,
    ],
    ['a value of the wrong type', { timeoutSeconds: 'soon' }, /timeoutSeconds must be a whole number/],
    [
      'fields of two dialects',
      { agentUrl: 'http://agent', analysisMode: 'agent' },
      /agentUrl.*analysisMode|analysisMode.*agentUrl/,
    ],
    [
      'labels of the second dialect without its agent',
      { stableLabel: 'role=stable' },
      /agentUrl is required in plugin configuration/,
    ],
    ['chaos fields', { chaosExperimentCRD: 'kind: PodChaos' }, /not yet/],
    ['another namespace', { namespace: 'elsewhere', podName: 'web' }, /namespace/],
  ];
  for (const [index, [what, config, message]] of refused.entries()) {
    it(`${what} is an Error that names it`, async () => {
      const measurement = await outcome(`refused-${index}`, config);
      expect(measurement.phase).to.equal('Error');
      expect(measurement.message).to.match(message);
      expect(await system.analyses(`refused-${index}`)).to.deep.equal([]);
    });
  }

  it('a selector that finds nothing is an Error that names it', async () => {
    const rollout = await system.deploy('selector');
    const run = await system.measure(rollout, { ...NO_WAIT, canary: { selector: 'role=nobody' } });
    const { status } = await system.analysis(
      'selector',
      'has a verdict',
      (one) => one.status?.verdict !== undefined,
    );
    expect(status).to.include({ verdict: 'Error', reason: 'SelectorFindsNothing' });
    expect(status?.message).to.contain('role=nobody');
    await system.lab.client.patch(pathOf(run), { spec: { terminate: true } });
  });

  it('a selector that does not parse is an Error that quotes it', async () => {
    const rollout = await system.deploy('syntax');
    const run = await system.measure(rollout, { ...NO_WAIT, stable: { selector: 'role in (' } });
    const { status } = await system.analysis(
      'syntax',
      'has a verdict',
      (one) => one.status?.verdict !== undefined,
    );
    expect(status).to.include({ verdict: 'Error', reason: 'InvalidSelector' });
    await system.lab.client.patch(pathOf(run), { spec: { terminate: true } });
  });

  it("a name that somebody else's object has is an Error and leaves that object alone", async () => {
    const rollout = await system.deploy('taken');
    const uid = '7d5b3a52-6f0e-4f6e-8a53-0d3c7e1c9a11';
    const measurement = { analysisRun: 'run', analysisRunUID: uid, metric: 'canary-analysis', ordinal: 1 };
    const run = await system.measure(rollout, { timeoutSeconds: 60 });
    const name = analysisName({
      ...measurement,
      analysisRun: run.metadata.name,
      analysisRunUID: run.metadata.uid ?? '',
    });
    const first = await system.analysis('taken', 'exists', ({ metadata }) => metadata.name === name);
    const path = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/taken/canaryanalyses/${name}`;
    await system.lab.client.delete(path);
    await system.lab.apply({
      apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
      kind: 'CanaryAnalysis',
      metadata: { namespace: 'taken', name },
      spec: { measurement: { ...measurement, analysisRun: run.metadata.name } },
    });
    const told = (await system.until(run as never, 'was told', ({ status }) =>
      JSON.stringify(status ?? {}).includes('"phase":"Error"'),
    )) as unknown as AnalysisRun;
    const [left] = told.status?.metricResults?.[0]?.measurements ?? [];
    expect(left?.phase).to.equal('Error');
    await system.lab.client.patch(pathOf(run), { spec: { terminate: true } });
    const kept = (await system.analyses('taken')).find(({ metadata }) => metadata.name === name);
    expect(kept?.metadata.uid).not.to.equal(first.metadata.uid);
    expect(kept?.spec.measurement?.analysisRunUID).to.equal(uid);
    expect(kept?.spec.cancelled).to.equal(undefined);
  });

  it('an analysis that is deleted half-way is an Error, measured again as another analysis', async () => {
    const rollout = await system.deploy('deleted', 'crash');
    const run = await system.measure(rollout, { observation: { waitSeconds: 30 } });
    const first = await system.analysis('deleted', 'exists', () => true);
    await system.lab.client.delete(
      `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/deleted/canaryanalyses/${first.metadata.name}`,
    );
    const over = await system.finished(run);
    expect(over.status?.phase).to.equal('Failed');
    const [result] = over.status?.metricResults ?? [];
    expect(result?.measurements?.map(({ phase }) => phase)).to.deep.equal(['Error', 'Failed']);
    expect(result?.measurements?.[0]?.message).to.contain('deleted');
  });

  it('an earlier measurement that was left behind is closed as Replaced', async () => {
    const rollout = await system.deploy('replaced');
    const run = await system.measure(rollout, { observation: { waitSeconds: 40 } });
    const first = await system.analysis(
      'replaced',
      'was taken up',
      ({ status }) => status?.startTime !== undefined,
    );
    const { measurement } = first.spec;
    await system.lab.apply({
      apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
      kind: 'CanaryAnalysis',
      metadata: { namespace: 'replaced', name: 'a-later-one' },
      spec: { ...first.spec, measurement: { ...measurement, ordinal: 2 } } as Record<string, unknown>,
    });
    const closed = await system.analysis(
      'replaced',
      'was closed',
      ({ metadata, status }) => metadata.name === first.metadata.name && status?.verdict !== undefined,
    );
    expect(closed.status).to.include({ verdict: 'Inconclusive', reason: 'Replaced' });
    await system.lab.client.patch(pathOf(run), { spec: { terminate: true } });
  });

  if (API_SERVER.embedded) {
    it('a create that is refused is an Error that names the ClusterRole', async () => {
      const allow = system.lab.embedded?.access.deny({
        user: 'argo-rollouts',
        verb: 'create',
        resource: 'canaryanalyses',
        namespace: 'forbidden',
      });
      const measurement = await outcome('forbidden', {});
      allow?.();
      expect(measurement.phase).to.equal('Error');
      expect(measurement.message).to.contain('canary-analysis-plugin');
      expect(measurement.metadata?.['reason']).to.equal('CreateRefused');
    });

    it('an API server that goes away decides nothing: the measurement goes on when it is back', async () => {
      const rollout = await system.deploy('outage', 'errors');
      const run = await system.measure(rollout, { observation: { waitSeconds: 30 } });
      await system.analysis('outage', 'was taken up', ({ status }) => status?.startTime !== undefined);
      const missed = system.missed();
      await system.lab.embedded?.down();
      await missed;
      await system.lab.embedded?.up();
      expect(measurementOf(await system.finished(run)).phase).to.equal('Failed');
      const verdicts = (await system.analyses('outage')).map(({ status }) => status?.verdict);
      expect(verdicts).to.deep.equal(['Abort']);
    });
  }
});

function pathOf({ metadata }: AnalysisRun): string {
  return `/apis/argoproj.io/v1alpha1/namespaces/${metadata.namespace}/analysisruns/${metadata.name}`;
}
