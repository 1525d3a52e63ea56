import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import type { Answer } from '../lab/doubles/http-double.ts';
import { type KubernetesAgentDouble, startKubernetesAgentDouble } from '../lab/doubles/kubernetes-agent.ts';
import type { StoredMeasurement } from '../lab/driver/model.ts';
import { API_SERVER } from './api-servers.ts';
import { Reporting, url } from './reporting.ts';
import { holdsInOrder, type System } from './system.ts';

const OBSERVATION = { observation: { waitSeconds: 3, minPower: 0 } };
const DEAD = 'http://127.0.0.1:1';

/** How an agent fails. */
const AGENTS = {
  unwell: { status: 503, body: { status: 'DOWN' } },
  broken: { status: 500, body: { error: 'something went wrong' } },
  blind: { status: 500, body: { error: 'Error fetching logs: pods "web" is forbidden' } },
  locked: { status: 401, body: { error: 'who are you?' } },
  keyless: { status: 500, body: { error: 'API key not valid' } },
  slow: { fault: 'hang' },
} as const satisfies Record<string, Answer>;
type AgentName = keyof typeof AGENTS;

/** Who is asked and what is said where. */
interface Case {
  readonly title: string;
  readonly config: (agentURL: (name: AgentName) => string, namespace: string) => Record<string, unknown>;
  readonly phase: string;
  /** All of them, in the order they come. */
  readonly texts: readonly string[];
  /** Where the texts stand. */
  readonly measurement?: true;
  readonly condition?: true;
  readonly operatorLog?: true;
  readonly pluginLog?: true;
}

const v1 = (url: string): Record<string, unknown> => ({
  ...OBSERVATION,
  agentUrl: url,
  stableLabel: 'app=web',
  canaryLabel: 'app=web',
});
const v0 = (namespace: string, podName?: string): Record<string, unknown> => ({
  ...OBSERVATION,
  analysisMode: 'agent',
  namespace,
  ...(podName === undefined ? {} : { podName }),
  model: 'gemini-2.0-flash-exp',
});

/** What a user of the second dialect, which has no fallback, sees: an Error with the text, wherever they look. */
const EVERYWHERE = {
  phase: 'Error',
  measurement: true,
  condition: true,
  operatorLog: true,
  pluginLog: true,
} as const;
const UNHEALTHY = ['Kubernetes Agent health check failed', 'agent health check failed'];
const FAILED = ['A2A agent analysis failed', 'Failed to analyze with kubernetes-agent'];

const CASES: readonly Case[] = [
  {
    title: 'the second dialect without agentUrl',
    config: () => ({ ...OBSERVATION, stableLabel: 'app=web', canaryLabel: 'app=web' }),
    phase: 'Error',
    texts: ['agentUrl is required in plugin configuration'],
    measurement: true,
    pluginLog: true,
  },
  {
    title: 'an agent that is unwell, in the second dialect',
    config: (agent) => v1(agent('unwell')),
    ...EVERYWHERE,
    texts: [...UNHEALTHY, 'HTTP 503'],
  },
  {
    title: 'an agent that is not there, in the second dialect',
    config: () => v1(DEAD),
    ...EVERYWHERE,
    texts: [...UNHEALTHY, 'ECONNREFUSED'],
  },
  {
    title: 'an agent that answers 500, in the second dialect',
    config: (agent) => v1(agent('broken')),
    ...EVERYWHERE,
    texts: [...FAILED, 'HTTP 500'],
  },
  {
    title: 'an agent that may not read logs, in the second dialect',
    config: (agent) => v1(agent('blind')),
    ...EVERYWHERE,
    texts: [...FAILED, 'failed to fetch logs', 'RBAC permissions'],
  },
  {
    title: 'an agent that refuses the operator, in the second dialect',
    config: (agent) => v1(agent('locked')),
    ...EVERYWHERE,
    texts: [...FAILED, 'authentication failed'],
  },
  {
    title: 'an agent whose model refuses its key, in the second dialect',
    config: (agent) => v1(agent('keyless')),
    ...EVERYWHERE,
    texts: [...FAILED, 'authentication failed', 'API key in the agent'],
  },
  {
    title: 'an agent that takes too long',
    config: (agent) => ({
      ...OBSERVATION,
      reviewers: [{ a2a: { url: agent('slow') }, timeoutSeconds: 5 }],
      policy: { onReviewerUnavailable: 'Error' },
    }),
    ...EVERYWHERE,
    texts: [...FAILED, 'context deadline exceeded after 5 s'],
  },
  {
    title: 'the agent mode of the first dialect without podName: the model answers',
    config: (_, namespace) => v0(namespace),
    phase: 'Successful',
    texts: ['Agent mode requires namespace and podName'],
    condition: true,
    operatorLog: true,
    pluginLog: true,
  },
  {
    title: 'the agent mode of the first dialect without an agent: the model answers',
    config: (_, namespace) => v0(namespace, 'web-0'),
    phase: 'Successful',
    texts: UNHEALTHY,
    condition: true,
    operatorLog: true,
  },
  {
    title: 'the default mode of the first dialect with a key that is not valid',
    config: () => ({ ...OBSERVATION, analysisMode: 'default', model: 'the-locked-model' }),
    phase: 'Inconclusive',
    texts: ['authentication failed', 'GOOGLE_API_KEY'],
    measurement: true,
    condition: true,
    operatorLog: true,
    pluginLog: true,
  },
];

describe(`the messages of the older plugins' documents (${API_SERVER.name})`, () => {
  let reporting: Reporting;
  let system: System;
  let gemini: GeminiDouble;
  const agents = new Map<AgentName, KubernetesAgentDouble>();
  /** All at the same time, in the order of the cases. */
  let measured: Promise<Seen>[] = [];

  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key', lockedModels: ['the-locked-model'] });
    for (const [name, answer] of Object.entries(AGENTS) as [AgentName, Answer][]) {
      const agent = await startKubernetesAgentDouble();
      if (name === 'unwell') agent.health.always(answer);
      else agent.analyses.always(answer);
      agents.set(name, agent);
    }
    reporting = await Reporting.start({
      operatorConfig: {
        reviewers: {
          gemini: { baseURL: gemini.url },
          a2a: { url: DEAD },
          allowedOrigins: [...agents.values()].map(({ url }) => url),
        },
        workers: 12,
      },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key' },
    });
    ({ system } = reporting);
    measured = CASES.map((each, index) => measure(`says-${index}`, each));
    for (const one of measured) one.catch(() => undefined);
  });
  after(async () => {
    await reporting.stop();
    await Promise.all([gemini, ...agents.values()].map((double) => double.close()));
  });

  interface Seen {
    readonly measurement: StoredMeasurement;
    readonly analysis?: CanaryAnalysis;
  }

  /** The first finished measurement; its AnalysisRun is then told to end. */
  async function measure(namespace: string, { config }: Case): Promise<Seen> {
    const rollout = await system.deploy(namespace);
    const urlOf = (name: AgentName): string => agents.get(name)?.url ?? DEAD;
    const measurement = await system.firstMeasurement(
      await system.measure(rollout, config(urlOf, namespace)),
    );
    const analyses = await system.analyses(namespace);
    const analysis = analyses.find(({ status }) => status?.verdict !== undefined);
    return {
      measurement,
      ...(analysis === undefined ? {} : { analysis }),
    };
  }

  for (const [index, each] of CASES.entries()) {
    const where = [
      ...(each.measurement ? ['measurement'] : []),
      ...(each.condition ? ['condition'] : []),
      ...(each.operatorLog || each.pluginLog ? ['log'] : []),
    ];
    it(`${each.title}: ${each.texts[0]}, in ${where.join(', ')}`, async () => {
      const { measurement, analysis } = (await measured[index]) as Seen;
      const namespace = `says-${index}`;
      expect(measurement.phase, measurement.message).to.equal(each.phase);
      if (each.measurement) expectInOrder(measurement.message, each.texts);
      if (each.condition) {
        const reviewed = analysis?.status?.conditions?.find(({ type }) => type === 'Reviewed');
        expectInOrder(reviewed?.message, each.texts);
      }
      if (each.operatorLog) await system.said('operator', each.texts, namespace);
      if (each.pluginLog) await system.said('plugin', each.texts, namespace);
    });
  }

  it('Successfully loaded plugin, and a line when an analysis is asked for and when it is decided, in the plugin’s log', async () => {
    await Promise.all(measured);
    await system.said('plugin', ['Successfully loaded plugin: argoproj-labs/metric-ai']);
    const told = ['AI metric: analysis asked for', 'AI metric: analysis decided'];
    for (const index of CASES.keys())
      if (CASES[index]?.condition) await system.said('plugin', told, `says-${index}`);
  });

  for (const { what, namespace, config, message, about } of [
    {
      what: 'with githubUrl',
      namespace: 'told',
      config: { githubUrl: url('told') },
      message: 'Attempting to create GitHub issue',
      about: 'acme/told',
    },
    {
      what: 'without githubUrl',
      namespace: 'untold',
      config: {},
      message: 'Skipping GitHub issue creation (githubUrl not configured)',
      about: 'untold',
    },
  ]) {
    it(`an abort ${what}: ${message}, in log`, async () => {
      reporting.addRepository('told');
      const rollout = await system.deploy(namespace, 'crash');
      const run = await system.finished(await system.measure(rollout, { ...OBSERVATION, ...config }));
      expect(run.status?.phase).to.equal('Failed');
      await system.said('operator', [message], about);
    });
  }
});

function expectInOrder(text: string | undefined, wanted: readonly string[]): void {
  expect(holdsInOrder(text ?? '', wanted), `${wanted.join(' … ')} in: ${text}`).to.equal(true);
}
