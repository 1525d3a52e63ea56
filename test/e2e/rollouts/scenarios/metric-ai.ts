import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/metric-ai');
const NAMES = { rollout: 'rollouts-demo', container: 'rollouts-demo' };
/** What the examples call the agent, the model and the repository. */
const AGENT = 'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080';
const MODEL = 'gemini-2.0-flash';
const REPOSITORY = 'your-org/rollouts-demo';
const ARGUMENTS = [
  { name: 'namespace', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  { name: 'canary-pod', value: 'rollouts-demo' },
];

/** The AnalysisTemplates of examples/metric-ai in one release: each older dialect, and none. */
export function metricAi(scenario: AddScenario): void {
  scenario('asks whom each template of metric-ai asks, as it is shipped, and promotes', async (workload) => {
    const { agent, reviewer, gitHub } = workload.environment;
    reviewer.decide(MODEL, 'Promote');
    const repository = gitHub.addRepository(REPOSITORY);
    await agent.install(workload.namespace);
    await agent.scale(1, workload.signal);
    const templates = [
      { templateName: 'canary-analysis-zero-config' },
      { templateName: 'canary-analysis-default' },
      { templateName: 'canary-analysis-agent', args: ARGUMENTS },
      { templateName: 'canary-analysis' },
    ];
    const steps = [
      { setWeight: 34 },
      ...templates.map(({ templateName, args = [] }) => ({
        analysis: { templates: [{ templateName }], args },
      })),
    ];
    workload.rename(NAMES);
    for (const object of await renderExample(workload, steps)) await workload.lab.apply(object);
    const { spec } = await workload.untilPhase('Healthy');
    workload.sendTraffic();
    const { template } = spec as { template: { spec: { containers: object[] } } };
    const containers = template.spec.containers.map((container) => ({ ...container, ...build('v2') }));
    await workload.lab.client.patch(workload.rolloutPath, { spec: { template: { spec: { containers } } } });
    await workload.untilPhase('Healthy');

    const analyses = await workload.analyses();
    expect(analyses.map(({ status }) => status?.verdict)).to.deep.equal(templates.map(() => 'Promote'));
    const byAgent = `a2a/${new URL(agent.url).host}`;
    expect(
      analyses.map(({ status }) => (status?.opinions ?? []).map(({ reviewer: by }) => by)),
    ).to.deep.equal([[], [`gemini/${MODEL}`], [byAgent], [byAgent]]);
    expect(repository.issues).to.deep.equal([]);
  });
}

/** The example's templates, Services and Rollout, moved to the workload's namespace and its release shortened to these steps. */
async function renderExample(
  { lab, namespace, environment }: ScenarioWorkload,
  steps: readonly object[],
): Promise<KubeObject[]> {
  const text = await lab.kubectl(['kustomize', EXAMPLE]);
  return parseAllDocuments(text.replaceAll(AGENT, environment.agent.url))
    .map((document) => document.toJS({ maxAliasCount: -1 }) as KubeObject)
    .filter(({ kind }) => ['AnalysisTemplate', 'Service', 'Rollout'].includes(kind))
    .map((object) => {
      const moved = { ...object, metadata: { ...object.metadata, namespace } };
      if (object.kind !== 'Rollout') return moved;
      const { strategy, template, ...spec } = object.spec as {
        strategy: { canary: { trafficRouting: object } };
        template: { spec: { containers: object[] } };
      };
      // Nothing routes traffic here: weight is the share of the pods.
      const { trafficRouting: _, ...canary } = strategy.canary;
      const containers = template.spec.containers.map((container) => ({ ...container, ...build('v1') }));
      const pods = { ...template, spec: { ...template.spec, containers } };
      return {
        ...moved,
        spec: { ...spec, replicas: 3, strategy: { canary: { ...canary, steps } }, template: pods },
      };
    });
}

function build(version: 'v1' | 'v2'): object {
  return { image: `shop:${version}`, env: [{ name: 'VERSION', value: version }] };
}
