import { expect } from 'chai';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const CONFIG = { observation: { waitSeconds: 30 } };

describe(`a process that ends half-way decides nothing (${API_SERVER.name})`, () => {
  let system: System;
  before(async function () {
    this.timeout('30m');
    system = await System.start();
  });
  after(() => system.stop());

  it('an operator that is killed while it observes is followed by the next, with one verdict', async () => {
    const rollout = await system.deploy('operator', 'errors');
    const run = await system.measure(rollout, CONFIG);
    await system.analysis('operator', 'was taken up', ({ status }) => status?.canaryHash !== undefined);
    await system.operator?.kill();
    await system.startOperator();
    expect(measurementOf(await system.finished(run)).phase).to.equal('Failed');
    const [analysis] = await system.analyses('operator');
    expect(analysis?.status).to.include({ verdict: 'Abort', reason: 'Regression' });
  });

  it('a plugin that is killed with a measurement Running is started again and answers it', async () => {
    const rollout = await system.deploy('plugin', 'errors');
    const run = await system.measure(rollout, CONFIG);
    await system.analysis('plugin', 'was taken up', ({ status }) => status?.startTime !== undefined);
    // A call in flight at the kill would rightly end in an Error measurement: the host is at rest once it has asked.
    await system.called('Resume', run);
    const killed = system.argo.host.process;
    await killed?.kill();
    await system.analysis('plugin', 'has a verdict', ({ status }) => status?.verdict !== undefined);
    system.argo.resync();
    const over = await system.finished(run);
    expect(measurementOf(over).phase).to.equal('Failed');
    expect(over.status?.metricResults?.[0]?.measurements).to.have.length(1);
    expect(system.argo.host.process?.pid).not.to.equal(killed?.pid);
  });
});
