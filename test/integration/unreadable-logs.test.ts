import { expect } from 'chai';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const NO_WAIT = { observation: { waitSeconds: 10 } };

describe(`logs that cannot be read never promote (${API_SERVER.name})`, () => {
  let system: System;
  before(async function () {
    this.timeout('30m');
    system = await System.start();
  });
  after(() => system.stop());

  it('logs that are refused are a gap in the coverage and not enough evidence', async () => {
    const allow = system.lab.kubelet.logFaults.add(
      { namespace: 'refused-logs' },
      { status: 403, text: 'no logs for you' },
    );
    const rollout = await system.deploy('refused-logs');
    const run = await system.finished(await system.measure(rollout, NO_WAIT));
    allow();
    expect(measurementOf(run).phase).to.equal('Inconclusive');
    const [analysis] = await system.analyses('refused-logs');
    expect(analysis?.status?.reason).to.equal('InsufficientEvidence');
    expect(analysis?.status?.coverage?.gaps?.join('\n')).to.match(/log .*(refused|403|no logs for you)/i);
  });

  it('logs that hang are a gap, too, and hold nothing up for ever', async () => {
    const allow = system.lab.kubelet.logFaults.add({ namespace: 'hanging-logs' }, { hang: true });
    const rollout = await system.deploy('hanging-logs');
    const run = await system.finished(await system.measure(rollout, NO_WAIT));
    allow();
    expect(measurementOf(run).phase).to.equal('Inconclusive');
  });

  for (const [what, fault] of [
    ['refused', { status: 403, text: 'no logs for you' }],
    ['hanging', { hang: true }],
  ] as const) {
    it(`logs of stable alone that are ${what} leave nothing to compare with, and promote nothing`, async () => {
      const namespace = `stable-${what}`;
      const rollout = await system.deploy(namespace);
      const stable = { namespace, name: `web-${rollout.stableHash}` };
      await system.until(
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: stable },
        'has its pod',
        (one) => Boolean(one.status?.['readyReplicas']),
      );
      const { items } = await system.lab.client.list(
        `/api/v1/namespaces/${namespace}/pods?labelSelector=rollouts-pod-template-hash%3D${rollout.stableHash}`,
      );
      const allow = items.map(({ metadata }) =>
        system.lab.kubelet.logFaults.add({ namespace, pod: metadata.name }, fault),
      );
      expect(allow).to.have.length(1);
      const run = await system.finished(await system.measure(rollout, NO_WAIT));
      for (const end of allow) end();
      expect(measurementOf(run).phase).to.equal('Inconclusive');
      const [analysis] = await system.analyses(namespace);
      expect(analysis?.status?.reason).to.equal('InsufficientEvidence');
      expect(analysis?.status?.message).to.contain('stable logs could not all be read');
    });
  }
});
