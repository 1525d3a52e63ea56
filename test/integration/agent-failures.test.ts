import { expect } from 'chai';
import { type A2AAgentDouble, startA2AAgentDouble } from '../lab/doubles/a2a-agent.ts';
import type { PlainAnswer } from '../lab/doubles/a2a-http.ts';
import { API_SERVER } from './api-servers.ts';
import { System } from './system.ts';

/** The documented words of each failure, and how the agent comes to it. */
const FAILURES: readonly (readonly [string, readonly string[], (agent: A2AAgentDouble) => void])[] = [
  [
    'unhealthy',
    ['Kubernetes Agent health check failed', 'agent health check failed', 'HTTP 503'],
    answers('/a2a/health', { status: 503, json: { status: 'DOWN' } }),
  ],
  [
    'forbidden-logs',
    [
      'A2A agent analysis failed',
      'Failed to analyze with kubernetes-agent',
      'failed to fetch logs: check the RBAC permissions of the agent',
    ],
    (agent) => agent.conduct.always({ state: 4, text: 'Failed to fetch logs of pod web-1' }),
  ],
  [
    'wrong-token',
    ['A2A agent analysis failed', 'authentication failed; check the credential'],
    answers('/rpc', { status: 401, json: {} }),
  ],
  ['slow', ['context deadline exceeded after 2 s'], (agent) => agent.conduct.always('hang')],
];

function answers(path: string, response: PlainAnswer): (agent: A2AAgentDouble) => void {
  return (agent) => {
    agent.intercept = (request) => (request.path === path ? response : undefined);
  };
}

describe(`what fails between operator and agent, in the documented words (${API_SERVER.name})`, () => {
  let system: System;
  let agents: A2AAgentDouble[];
  before(async function () {
    this.timeout('30m');
    agents = await Promise.all(FAILURES.map(() => startA2AAgentDouble({ bindings: ['JSONRPC'] })));
    const allowedOrigins = agents.map(({ url }) => url);
    system = await System.start({ operatorConfig: { reviewers: { allowedOrigins } } });
  });
  after(async () => {
    await system.stop();
    await Promise.all(agents.map((agent) => agent.close()));
  });

  for (const [index, [namespace, words, fail]] of FAILURES.entries()) {
    it(`ends metric-ai v1 in an Error: ${words.join(', ')}`, async () => {
      const agent = agents[index];
      if (agent === undefined) throw new Error('no agent');
      fail(agent);
      const rollout = await system.deploy(namespace);
      const run = await system.measure(rollout, {
        observation: { waitSeconds: 2, minPower: 0 },
        agentUrl: agent.url,
        stableLabel: 'app=web',
        canaryLabel: 'app=web',
        ...(namespace === 'slow' ? { reviewers: [{ a2a: { url: agent.url }, timeoutSeconds: 2 }] } : {}),
      });
      const { status } = await system.analysis(namespace, 'has a verdict', (one) => !!one.status?.verdict);
      expect(status).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable' });
      const ended = (await system.until(run as never, 'has an Error', (object) =>
        JSON.stringify(object.status ?? {}).includes('"phase":"Error"'),
      )) as unknown as typeof run;
      const [measurement] = ended.status?.metricResults?.[0]?.measurements ?? [];
      const condition = status?.conditions?.find(({ type }) => type === 'Reviewed')?.message;
      for (const text of words) {
        expect(measurement?.message, 'measurement').to.contain(text);
        expect(condition, 'condition').to.contain(text);
        await system.said('operator', [text], 'Reviewer gave no opinion');
        await system.said('plugin', [text]);
      }
      await system.lab.client.patch(
        `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns/${run.metadata.name}`,
        { spec: { terminate: true } },
      );
      if (namespace === 'slow') await agent.untilCancelled();
    });
  }
});
