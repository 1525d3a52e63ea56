import { expect } from 'chai';
import { type A2AAgentDouble, startA2AAgentDouble } from '../lab/doubles/a2a-agent.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const;

describe(`an agent that is the A2A SDK's own server (${API_SERVER.name})`, () => {
  let system: System;
  let agents: readonly A2AAgentDouble[];
  before(async function () {
    this.timeout('30m');
    agents = await Promise.all(BINDINGS.map((binding) => startA2AAgentDouble({ bindings: [binding] })));
    const allowedOrigins = agents.flatMap(({ url, grpcURL }) => [url, grpcURL]);
    system = await System.start({ operatorConfig: { reviewers: { allowedOrigins } } });
  });
  after(async () => {
    await system.stop();
    await Promise.all(agents.map((agent) => agent.close()));
  });

  it('is asked again by the next operator after a kill, and can tell that it is the same question', async () => {
    const [agent] = agents;
    if (agent === undefined) throw new Error('no agent');
    const before = agent.messages.length;
    agent.conduct.next('hang');
    const run = await system.measure(await system.deploy('again'), {
      observation: { waitSeconds: 2, minPower: 0 },
      agentUrl: agent.url,
      stableLabel: 'app=web',
      canaryLabel: 'app=web',
    });
    await agent.untilMessages(before + 1);
    await system.operator?.kill();
    await system.startOperator();
    expect(measurementOf(await system.finished(run)).phase).to.equal('Successful');
    const [first, second, ...more] = agent.messages.slice(before);
    expect(more).to.deep.equal([]);
    expect(second?.messageId).to.equal(first?.messageId);
  });

  for (const [index, binding] of BINDINGS.entries()) {
    const asked = async (namespace: string) => {
      const agent = agents[index];
      if (agent === undefined) throw new Error('no agent');
      const run = await system.measure(await system.deploy(namespace), {
        observation: { waitSeconds: 2, minPower: 0 },
        agentUrl: agent.url,
        stableLabel: 'app=web',
        canaryLabel: 'app=web',
      });
      return { agent, run };
    };

    it(`promotes over ${binding}`, async () => {
      const namespace = `promotes-${index}`;
      const { agent, run } = await asked(namespace);
      const measurement = measurementOf(await system.finished(run));
      expect(measurement, measurement.message).to.include({ phase: 'Successful', value: '0.88' });
      const [analysis] = await system.analyses(namespace);
      expect(analysis?.status?.opinions?.[0]).to.include({
        reviewer: `a2a/${new URL(agent.url).host}`,
        verdict: 'Promote',
        ownEvidence: true,
      });
    });

    it(`hears over ${binding} within two seconds that its task is cancelled`, async () => {
      const namespace = `cancelled-${index}`;
      const before = agents[index]?.messages.length ?? 0;
      agents[index]?.conduct.next('hang');
      const { agent } = await asked(namespace);
      await agent.untilMessages(before + 1);
      const [analysis] = await system.analyses(namespace);
      expect(agent.cancelled).to.deep.equal([]);
      const began = performance.now();
      await system.lab.client.patch(
        `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${namespace}/canaryanalyses/${analysis?.metadata.name}`,
        { spec: { cancelled: true } },
      );
      await agent.untilCancelled();
      expect(performance.now() - began).to.be.lessThan(2000);
      const { status } = await system.analysis(namespace, 'has a verdict', (one) => !!one.status?.verdict);
      expect(status).to.include({ verdict: 'Inconclusive', reason: 'Cancelled' });
    });
  }
});
