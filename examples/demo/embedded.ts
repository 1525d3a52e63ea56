import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { type PluginMetric, stepAnalysisRun } from '../../test/lab/argo/analysis-run.ts';
import { deployRollout } from '../../test/lab/argo/rollout.ts';
import { type AnalysisRun, isCompleted } from '../../test/lab/driver/model.ts';
import { startEmbeddedLab } from '../../test/lab/embedded-lab.ts';
import { kubectlTable } from '../../test/lab/kubectl-table.ts';
import type { KubeObject } from '../../test/lab/kubernetes.ts';
import type { Lab } from '../../test/lab/lab.ts';
import { SHOP } from '../../test/lab/shop/shop.ts';
import { sendTraffic } from '../../test/lab/shop/traffic.ts';
import { PLUGIN_NAMES, startArgo, startOperator } from '../../test/lab/system.ts';
import { CANARIES, NAMESPACE } from './canaries.ts';
import { ANALYSES, LIMIT_MS, REQUESTS_PER_SECOND, WARM_UP_MS } from './plan.ts';
import type { Outcome, Session } from './session.ts';

const DEFINITION = join(import.meta.dirname, '../../crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml');

/** Runs the demo on an API server in memory, with a stand-in for Argo Rollouts: nothing is built and nothing needed. */
export async function demonstrateEmbedded({ say, signal, ending }: Session): Promise<Outcome> {
  const lab = await startEmbeddedLab(SHOP);
  ending(() => lab.stop());
  await lab.apply(parse(await readFile(DEFINITION, 'utf8')));
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  say(`cluster is up at ${lab.url}: an API server in memory, pods are processes of this machine`);

  const operator = await startOperator(lab);
  ending(() => operator.stop());
  say('operator is running, with no reviewer configured: findings and statistics decide');

  const deployed = await Promise.all(CANARIES.map(({ plan }) => deployRollout(lab.client, plan)));
  for (const { plan, about } of CANARIES)
    say(`deployed ${plan.name}: 2 stable pods, 1 canary pod that ${about}`);
  const pods = sendTraffic(lab.client, NAMESPACE, { perSecond: REQUESTS_PER_SECOND, signal });
  await untilStableIsReady(lab, signal);
  say(`sending ${REQUESTS_PER_SECOND} requests a second to ${pods()} pods`);
  await sleep(WARM_UP_MS, undefined, { signal });

  const argo = await startArgo(lab);
  ending(() => argo.stop());
  const template = parse(await readFile(join(import.meta.dirname, 'analysis-template.yaml'), 'utf8'));
  await lab.apply(template);
  const metrics = metricsOf(template);
  const runs = await Promise.all(deployed.map((rollout) => lab.apply(stepAnalysisRun(rollout, metrics))));
  say('Argo Rollouts (its stand-in) called Run for each canary; the plugin answered at once');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  await Promise.all(runs.map(async (run) => say(await outcomeOf(lab, run, limit))));
  const slowest = Math.max(
    ...argo.calls.filter(({ method }) => method !== 'InitPlugin').map(({ milliseconds }) => milliseconds),
  );
  say(`all done; the slowest of ${argo.calls.length} plugin calls took ${slowest.toFixed(0)} ms`);

  const table = await kubectlTable(lab.client, ANALYSES);
  const analyses = (await lab.client.list(ANALYSES)).items as unknown as CanaryAnalysis[];
  return { shown: [`$ kubectl get canaryanalyses -n ${NAMESPACE}\n${table}\n`], analyses, wrong: [] };
}

/** The plugin's metrics of an AnalysisTemplate. */
function metricsOf(template: {
  spec: { metrics: { name: string; provider: { plugin: Record<string, Record<string, unknown>> } }[] };
}): PluginMetric[] {
  const [plugin] = PLUGIN_NAMES;
  return template.spec.metrics.map(({ name, provider }) => ({
    name,
    plugin,
    config: provider.plugin[plugin] ?? {},
  }));
}

async function untilStableIsReady(lab: Lab, signal: AbortSignal): Promise<void> {
  const { items } = await lab.client.list(`/apis/apps/v1/namespaces/${NAMESPACE}/replicasets`);
  const ready = ({ status }: KubeObject) => status?.['readyReplicas'] === 2;
  await Promise.all(
    items
      .filter(({ metadata }) => metadata.annotations?.['rollout.argoproj.io/revision'] === '1')
      .map((replicaSet) => lab.waitFor(replicaSet, ready, signal)),
  );
}

/** Which AnalysisRun came to what, once it is over. */
async function outcomeOf(lab: Lab, run: KubeObject, signal: AbortSignal): Promise<string> {
  const phaseOf = ({ status }: KubeObject) => (status as AnalysisRun['status'])?.phase;
  const finished = await lab.waitFor(run, (object) => isCompleted(phaseOf(object)), signal);
  const [owner] = run.metadata.ownerReferences ?? [];
  return `${owner?.name}: AnalysisRun ${phaseOf(finished)}`;
}
