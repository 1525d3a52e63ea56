import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import type { Release, Rollout } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';
import type { ScenarioWorkload } from '../scenario-workload.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/metric-ai');
const NAMES = { rollout: 'rollouts-demo', container: 'rollouts-demo' };
/** What the examples call the agent, the model and the repository. */
const AGENT = 'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080';
const MODEL = 'gemini-2.0-flash-exp';
const OWNER = 'your-org';
const REPOSITORY = `${OWNER}/rollouts-demo`;
const ARGUMENTS = [
  { name: 'namespace', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  { name: 'canary-pod', value: 'rollouts-demo' },
];

/** The selectors that the templates give, of labels which Argo Rollouts writes to the pods some time after it made them. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  'canary-analysis-default': ['app=rollouts-demo,revision=stable', 'app=rollouts-demo,revision=canary'],
  'canary-analysis': ['role=stable', 'role=canary'],
};
const POLL_MS = 250;

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
    const before = await workload.untilPhase('Healthy');
    workload.sendTraffic();
    await workload.lab.client.patch(workload.rolloutPath, podsOf(before, build('v2')));
    await workload.untilPhase('Healthy');

    const analyses = await workload.analyses();
    expect(analyses.map(({ status }) => status?.verdict)).to.deep.equal(templates.map(() => 'Promote'));
    const byAgent = `a2a/${new URL(agent.url).host}`;
    expect(
      analyses.map(({ status }) => (status?.opinions ?? []).map(({ reviewer: by }) => by)),
    ).to.deep.equal([[], [`gemini/${MODEL}`], [byAgent], [byAgent]]);
    expect(repository.issues).to.deep.equal([]);
  });

  for (const templateName of ['canary-analysis-default', 'canary-analysis'])
    scenario(
      `promotes, aborts and aborts a retry with ${templateName}, by the labels that Argo Rollouts gives each side`,
      async (workload) => {
        const { agent, reviewer, gitHub } = workload.environment;
        const { namespace } = workload;
        const repository = `${OWNER}/${namespace}`;
        gitHub.addRepository(repository);
        await agent.install(namespace);
        await agent.scale(1, workload.signal);
        workload.rename(NAMES);
        const steps = [{ setWeight: 34 }, { analysis: { templates: [{ templateName }] } }];
        const own = { model: namespace, repository };
        for (const object of await renderExample(workload, steps, own)) await workload.lab.apply(object);
        const first = await workload.untilPhase('Healthy');
        workload.sendTraffic();

        reviewer.decide(namespace, 'Promote');
        await workload.lab.client.patch(workload.rolloutPath, podsOf(first, build('v2')));
        const promoted = await workload.untilPhase('Healthy');
        expect(promoted.status?.stableRS).not.to.equal(first.status?.stableRS);

        reviewer.decide(namespace, 'Abort');
        await workload.lab.client.patch(workload.rolloutPath, podsOf(first, build('v1', 'orders')));
        const aborted = await workload.untilPhase('Degraded');
        await workload.retry();
        await untilJudged(workload, 3);
        const again = await workload.untilPhase('Degraded');
        for (const { status } of [aborted, again])
          expect(status).to.include({ abort: true, stableRS: promoted.status?.stableRS });

        const analyses = await workload.analyses();
        expect(analyses.map(({ spec }) => [spec.stable?.selector, spec.canary?.selector])).to.deep.equal(
          analyses.map(() => SELECTORS[templateName]),
        );
        expect(analyses.map(({ status }) => status?.verdict)).to.deep.equal(['Promote', 'Abort', 'Abort']);
        for (const { status } of analyses) {
          expect(status?.coverage?.stable.podsRead, 'stable pods').to.be.greaterThan(0);
          expect(status?.coverage?.canary.podsRead, 'canary pods').to.be.greaterThan(0);
        }
      },
    );
}

/** Waits until so many analyses have a verdict. */
async function untilJudged(workload: ScenarioWorkload, count: number): Promise<void> {
  const judged = async () =>
    (await workload.analyses()).filter(({ status }) => status?.verdict !== undefined);
  while ((await judged()).length < count) await sleep(POLL_MS, undefined, { signal: workload.signal });
}

/** The example's templates, Services and Rollout, moved to the workload's namespace and its release shortened to these steps. */
async function renderExample(
  { lab, namespace, environment }: ScenarioWorkload,
  steps: readonly object[],
  { model, repository } = { model: MODEL, repository: REPOSITORY },
): Promise<KubeObject[]> {
  const text = await lab.kubectl(['kustomize', EXAMPLE]);
  const given = text
    .replaceAll(AGENT, environment.agent.url)
    .replaceAll(MODEL, model)
    .replaceAll(REPOSITORY, repository);
  return parseAllDocuments(given)
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

/** The change of a Rollout that gives all its containers another build. */
function podsOf({ spec }: Rollout, ofBuild: object): object {
  const { template } = spec as { template: { spec: { containers: object[] } } };
  const containers = template.spec.containers.map((container) => ({ ...container, ...ofBuild }));
  return { spec: { template: { spec: { containers } } } };
}

function build(version: Release['version'], fault?: Release['fault']): object {
  const env = [{ name: 'VERSION', value: version }];
  return {
    image: `shop:${version}`,
    env: fault === undefined ? env : [...env, { name: 'FAULT', value: fault }],
  };
}
