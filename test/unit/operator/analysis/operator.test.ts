import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../../../crds/v1alpha1/labels.ts';
import { AnalysisLab, type RunningOperator } from './lab.ts';

const WAIT = { waitSeconds: 20, minPower: 80 };
const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/default/canaryanalyses';
const REPLICA_SETS = '/apis/apps/v1/namespaces/default/replicasets';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

function condition(analysis: CanaryAnalysis, type: string) {
  return analysis.status?.conditions?.find((one) => one.type === type);
}

describe('the operator on a cluster of real processes', () => {
  let lab: AnalysisLab;
  let operator: RunningOperator;

  before(async () => {
    lab = await AnalysisLab.start();
    operator = lab.startOperator();
  });
  after(async () => {
    await operator.stop();
    await lab.stop();
  });

  it('promotes a canary that does its work as stable does, on evidence', async () => {
    const deployed = await lab.deploy('good', {});
    const { analysis } = await lab.measure(deployed, { observation: WAIT });
    const done = await lab.verdict(analysis);
    expect(done.status).to.include({ verdict: 'Promote', reason: 'NoRegression', rollout: 'good', look: 1 });
    expect(done.status).to.include({ stableHash: deployed.stableHash, canaryHash: deployed.canaryHash });
    expect(done.status?.coverage).to.deep.include({ exposureUnit: 'lines', baseline: 'Pods' });
    expect(done.status?.coverage?.canary.lines).to.be.greaterThan(50);
    expect(condition(done, 'EvidenceStored')?.status).to.equal('True');
    expect(done.metadata.ownerReferences).to.have.lengthOf(1);
    expect(done.metadata.ownerReferences?.[0]).to.include({ kind: 'Rollout', name: 'good' });
    const stored = await lab.exists(`${CONFIG_MAPS}/${done.status?.evidenceRef?.configMap}`);
    expect(stored).to.equal(true);
  });

  it('aborts a canary that logs errors stable lacks', async () => {
    const deployed = await lab.deploy('bad', { env: { FAIL: 'yes' } });
    const { analysis } = await lab.measure(deployed, { observation: WAIT });
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Abort', reason: 'Regression', assessment: 'Regressed' });
    expect(status?.findings?.[0]?.template).to.include('payment declined');
  });

  it('aborts a crash-looping canary without waiting for the observation to end', async () => {
    const deployed = await lab.deploy('crash', { image: 'shop:crash' });
    const { analysis } = await lab.measure(deployed, {
      observation: { waitSeconds: 120 },
      timeoutSeconds: 600,
    });
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Abort', reason: 'BlockingFact', assessment: 'Blocking' });
    expect(status?.durationSeconds).to.be.lessThan(30);
  });

  it('says Cancelled at once when the analysis is cancelled', async () => {
    const deployed = await lab.deploy('cancelled', {});
    const { analysis } = await lab.measure(deployed, { observation: { waitSeconds: 120 } });
    await lab.until(analysis, ({ status }) => status?.canaryHash !== undefined);
    await lab.patch(analysis, { spec: { cancelled: true } });
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
  });

  it('makes the Rollout the owner also of an analysis that was cancelled before it was taken up', async () => {
    await lab.deploy('early', {});
    const asked = await lab.create('cancelled-early', { rolloutRef: { name: 'early' }, cancelled: true });
    const { metadata, status } = await lab.verdict(asked);
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
    expect(metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      'Rollout early',
    ]);
  });

  it('closes the analysis and lets go of it when its AnalysisRun is deleted', async () => {
    const deployed = await lab.deploy('deleted', {});
    const { analysis, run } = await lab.measure(deployed, { observation: { waitSeconds: 120 } });
    await lab.until(analysis, ({ status }) => status?.canaryHash !== undefined);
    await lab.deleteRun(run);
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'AnalysisRunEnded' });
    await lab.until(analysis, ({ metadata }) => metadata.labels?.[LABEL_AWAITED] === undefined);
  });

  it('closes the analysis when its AnalysisRun ends by itself', async () => {
    const deployed = await lab.deploy('ended', {});
    const { analysis, run } = await lab.measure(deployed, { observation: { waitSeconds: 120 } });
    await lab.patchRun(run, { status: { phase: 'Failed' } });
    const { status } = await lab.verdict(analysis);
    expect(status?.reason).to.equal('AnalysisRunEnded');
  });

  it('leaves an earlier measurement behind when a later one exists', async () => {
    const deployed = await lab.deploy('replaced', {});
    const { analysis } = await lab.measure(deployed, { observation: { waitSeconds: 120 } });
    await lab.until(analysis, ({ status }) => status?.startTime !== undefined);
    const later = await lab.measure(deployed, { observation: WAIT }, 2);
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'Replaced' });
    const second = await lab.verdict(later.analysis);
    expect(second.status).to.include({ verdict: 'Promote', look: 2 });
  });

  it('holds an analysis until its measurement is finished', async () => {
    const deployed = await lab.deploy('held', {});
    const { analysis, run } = await lab.measure(deployed, { observation: WAIT });
    const done = await lab.verdict(analysis);
    expect(done.metadata.labels).to.have.property(LABEL_AWAITED);
    const measurements = [
      { phase: 'Successful', metadata: { canaryAnalysis: `default/${analysis.metadata.name}` } },
    ];
    await lab.patchRun(run, {
      status: { phase: 'Running', metricResults: [{ name: 'ai', phase: 'Running', measurements }] },
    });
    await lab.until(analysis, ({ metadata }) => metadata.labels?.[LABEL_AWAITED] === undefined);
  });

  it('says Superseded for a revision that the Rollout has moved on from', async () => {
    const deployed = await lab.deploy('moved', {});
    await lab.patchRollout('moved', { status: { currentPodHash: 'another' } });
    const { analysis } = await lab.measure(deployed, {});
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Inconclusive', reason: 'Superseded' });
  });

  it('says SameRevision when there is nothing to compare', async () => {
    const deployed = await lab.deploy('same', {});
    await lab.patchRollout('same', { status: { stableRS: deployed.canaryHash } });
    const { analysis } = await lab.measure(deployed, {});
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Error', reason: 'SameRevision' });
  });

  it('says InvalidSelector for a selector that does not parse', async () => {
    const deployed = await lab.deploy('syntax', {});
    const { analysis } = await lab.measure(deployed, { canary: { selector: 'app in shop' } });
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Error', reason: 'InvalidSelector' });
    expect(status?.message).to.include('spec.canary.selector');
  });

  it('says SelectorFindsNothing for a selector that leaves no pod of the revision', async () => {
    const deployed = await lab.deploy('narrow', {});
    const { analysis } = await lab.measure(deployed, {
      observation: { waitSeconds: 0 },
      canary: { selector: 'revision=canary' },
      timeoutSeconds: 10,
    });
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Error', reason: 'SelectorFindsNothing' });
  });

  it('does not promote when logs may not be read', async () => {
    const allow = lab.lab.server.access.deny({ user: 'operator', resource: 'pods/log' });
    try {
      const deployed = await lab.deploy('refused', {});
      const { analysis } = await lab.measure(deployed, { observation: { waitSeconds: 3 } });
      const { status } = await lab.verdict(analysis);
      expect(status).to.include({ verdict: 'Inconclusive', reason: 'InsufficientEvidence' });
      expect(status?.coverage?.gaps?.join('\n')).to.include('refused');
    } finally {
      allow();
    }
  });

  it('says EvidenceUnreadable at the deadline when pods may not be listed', async () => {
    const allow = lab.lab.server.access.deny({ user: 'operator', resource: 'pods' });
    try {
      const deployed = await lab.deploy('unreadable', {});
      const { analysis } = await lab.measure(deployed, { timeoutSeconds: 10 });
      const { status } = await lab.verdict(analysis);
      expect(status).to.include({ verdict: 'Error', reason: 'EvidenceUnreadable' });
      expect(status?.message).to.include('list pods');
    } finally {
      allow();
    }
  });

  it('gives the same verdict when the evidence cannot be stored, and says so', async () => {
    const allow = lab.lab.server.access.deny({ user: 'operator', resource: 'configmaps' });
    try {
      const deployed = await lab.deploy('unstored', {});
      const { analysis } = await lab.measure(deployed, { observation: WAIT });
      const done = await lab.verdict(analysis);
      expect(done.status?.verdict).to.equal('Promote');
      expect(condition(done, 'EvidenceStored')).to.include({ status: 'False', reason: 'Refused' });
    } finally {
      allow();
    }
  });

  it('deletes an analysis that nobody awaits when its time is over', async () => {
    const deployed = await lab.deploy('expired', {});
    const { analysis, run } = await lab.measure(deployed, { ttlSecondsAfterFinished: 1 });
    await lab.deleteRun(run);
    await lab.gone(analysis);
  });

  it('lets go of an analysis that is deleted half-way', async () => {
    const deployed = await lab.deploy('removed', {});
    const { analysis } = await lab.measure(deployed, { observation: { waitSeconds: 120 } });
    await lab.until(analysis, ({ status }) => status?.canaryHash !== undefined);
    const watched = lab.gone(analysis);
    await lab.lab.client.delete(`${ANALYSES}/${analysis.metadata.name}`);
    await watched;
    const again = await lab.measure(deployed, { observation: WAIT });
    expect((await lab.verdict(again.analysis)).status?.verdict).to.equal('Promote');
  });

  it('judges by selectors alone where a person asked and no Rollout is known', async () => {
    const { stableHash, canaryHash } = await lab.deploy('standalone', {});
    const analysis = await lab.create('by-hand', {
      observation: WAIT,
      stable: { selector: `rollouts-pod-template-hash=${stableHash}` },
      canary: { selector: `rollouts-pod-template-hash in (${canaryHash})` },
    });
    const done = await lab.verdict(analysis);
    expect(done.status).to.include({ verdict: 'Promote', look: 1 });
    expect(done.status).not.to.have.property('rollout');
    await lab.until(analysis, ({ metadata }) => metadata.labels?.[LABEL_AWAITED] === undefined);
  });

  it('compares with stored evidence when the stable pods have gone', async () => {
    const deployed = await lab.deploy('gone', {});
    const first = await lab.measure(deployed, { observation: WAIT });
    await lab.verdict(first.analysis);
    await lab.lab.client.patch(`${REPLICA_SETS}/gone-${deployed.stableHash}`, { spec: { replicas: 0 } });
    await lab.noPods(deployed.stableHash);
    const second = await lab.measure(deployed, { observation: WAIT }, 2);
    const { status } = await lab.verdict(second.analysis);
    expect(status?.coverage?.baseline).to.equal('Snapshot');
    expect(status?.coverage?.gaps?.[0]).to.include(first.analysis.metadata.name);
    expect(status).to.include({ look: 2, verdict: 'Promote' });
  });

  it('decides nothing while the API server is away, and goes on after it', async () => {
    const deployed = await lab.deploy('away', {});
    const { analysis } = await lab.measure(deployed, { observation: WAIT });
    await lab.until(analysis, ({ status }) => status?.canaryHash !== undefined);
    await lab.lab.server.down();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await lab.lab.server.up();
    const { status } = await lab.verdict(analysis);
    expect(status).to.include({ verdict: 'Promote' });
  });
});
