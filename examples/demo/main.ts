import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { type PluginMetric, stepAnalysisRun } from '../../test/lab/argo/analysis-run.ts';
import { type DeployedRollout, deployRollout } from '../../test/lab/argo/rollout.ts';
import { type Lab, startEmbeddedLab } from '../../test/lab/cluster.ts';
import type { AnalysisRun } from '../../test/lab/driver/model.ts';
import { kubectlTable } from '../../test/lab/kubectl-table.ts';
import { hostPort } from '../../test/lab/kubelet/host-ports.ts';
import { PLUGIN_NAMES, startArgo, startOperator } from '../../test/lab/system.ts';
import { CANARIES, CONTAINER_PORT, NAMESPACE } from './canaries.ts';
import { explain } from './explain.ts';
import { generateTraffic, type Target } from './traffic.ts';

const root = join(import.meta.dirname, '../..');
const ANALYSES = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${NAMESPACE}/canaryanalyses`;
/** Requests a second over all services; a canary pod gets as much as a stable one. */
const REQUESTS_PER_SECOND = 120;
/** Traffic before the analyses begin, so that there is something to read. */
const WARM_UP_MS = 4_000;
/** After this long without verdicts something is broken. */
const LIMIT_MS = 90_000;

const began = Date.now();

function say(text: string): void {
  process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
}

async function main(): Promise<number> {
  const stopping = new AbortController();
  const ends: (() => Promise<unknown>)[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  interrupted.catch(() => undefined);
  try {
    return await Promise.race([demonstrate(stopping.signal, ends), interrupted]);
  } finally {
    stopping.abort();
    for (const end of ends.toReversed()) await end();
  }
}

async function demonstrate(signal: AbortSignal, ends: (() => Promise<unknown>)[]): Promise<number> {
  const service = ['node', join(import.meta.dirname, 'service.ts')];
  const lab = await startEmbeddedLab({
    images: { 'shop:v1': service, 'shop:v2': service },
    backoff: { baseMs: 1_000, maxMs: 5_000 },
  });
  ends.push(() => lab.stop());
  await lab.apply(
    parse(await readFile(join(root, 'crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml'), 'utf8')),
  );
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  say(`cluster is up at ${lab.url}: an API server in memory, pods are processes of this machine`);

  const operator = await startOperator(lab);
  ends.push(() => operator.stop());
  say('operator is running, with no reviewer configured: findings and statistics decide');

  const deployed = await Promise.all(CANARIES.map(({ plan }) => deployRollout(lab.client, plan)));
  for (const { plan, about } of CANARIES)
    say(`deployed ${plan.name}: 2 stable pods, 1 canary pod that ${about}`);
  const targets = followPods(lab, signal);
  await untilStableIsReady(lab);
  const traffic = generateTraffic(targets, { perSecond: REQUESTS_PER_SECOND, signal });
  say(`sending ${REQUESTS_PER_SECOND} requests a second to ${targets().length} pods`);
  await sleep(WARM_UP_MS, undefined, { signal });

  const argo = await startArgo(lab);
  ends.push(() => argo.stop());
  const template = parse(await readFile(join(import.meta.dirname, 'analysis-template.yaml'), 'utf8'));
  await lab.apply(template);
  const runs = await startRuns(lab, deployed, metricsOf(template));
  say('Argo Rollouts (its stand-in) called Run for each canary; the plugin answered at once');
  await untilFinished(lab, runs, signal);
  const slowest = Math.max(
    ...argo.calls.filter(({ method }) => method !== 'InitPlugin').map(({ milliseconds }) => milliseconds),
  );
  say(`all done; the slowest of ${argo.calls.length} plugin calls took ${slowest.toFixed(0)} ms`);

  process.stdout.write(
    `\n$ kubectl get canaryanalyses -n ${NAMESPACE}\n${await kubectlTable(lab.client, ANALYSES)}\n`,
  );
  const analyses = (await lab.client.list(ANALYSES)).items as unknown as CanaryAnalysis[];
  for (const { plan, about } of CANARIES) {
    const analysis = analyses.find(({ spec }) => spec.rolloutRef?.name === plan.name);
    process.stdout.write(
      `\n${plan.name} (${about})\n${analysis === undefined ? '  no analysis\n' : explain(analysis)}`,
    );
  }
  const wrong = CANARIES.filter(
    ({ plan, expected }) =>
      !analyses.some((one) => one.spec.rolloutRef?.name === plan.name && one.status?.verdict === expected),
  );
  for (const { plan, expected } of wrong)
    process.stdout.write(`\n${plan.name} should have come to ${expected}.\n`);
  void traffic;
  process.stdout.write(`\nDone in ${((Date.now() - began) / 1000).toFixed(0)} s.\n`);
  return wrong.length === 0 ? 0 : 1;
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

async function untilStableIsReady(lab: Lab): Promise<void> {
  await Promise.all(
    (await lab.client.list(`/apis/apps/v1/namespaces/${NAMESPACE}/replicasets`)).items
      .filter(({ metadata }) => metadata.annotations?.['rollout.argoproj.io/revision'] === '1')
      .map((replicaSet) =>
        lab.waitFor(
          replicaSet,
          ({ status }) => (status as { readyReplicas?: number } | undefined)?.readyReplicas === 2,
        ),
      ),
  );
}

/** Keeps a list of the pods' addresses up to date. */
function followPods(lab: Lab, signal: AbortSignal): () => readonly Target[] {
  const targets = new Map<string, Target>();
  const follow = async (): Promise<void> => {
    for await (const { type, object } of lab.client.watch(`/api/v1/namespaces/${NAMESPACE}/pods`, signal)) {
      if (type === 'BOOKMARK') continue;
      const port = hostPort(object, 'app', CONTAINER_PORT);
      if (type === 'DELETED' || port === undefined) targets.delete(object.metadata.name);
      else targets.set(object.metadata.name, { url: `http://127.0.0.1:${port}`, weight: 1 });
    }
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return () => [...targets.values()];
}

async function startRuns(
  lab: Lab,
  deployed: readonly DeployedRollout[],
  metrics: readonly PluginMetric[],
): Promise<AnalysisRun[]> {
  return Promise.all(
    deployed.map(
      async (rollout) => (await lab.apply(stepAnalysisRun(rollout, metrics))) as unknown as AnalysisRun,
    ),
  );
}

/** Waits for every AnalysisRun, saying which has come to what, and meanwhile what the analyses are doing. */
async function untilFinished(lab: Lab, runs: readonly AnalysisRun[], signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  await Promise.all(
    runs.map(async (run) => {
      const finished = (await lab.waitFor(
        run as never,
        ({ status }) => isFinished(status),
        limit,
      )) as unknown as AnalysisRun;
      const [owner] = run.metadata.ownerReferences ?? [];
      say(`${owner?.name}: AnalysisRun ${finished.status?.phase}`);
    }),
  );
}

function isFinished(status: unknown): boolean {
  const { phase = '' } = (status ?? {}) as { phase?: string };
  return ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(phase);
}

process.exitCode = await main();
