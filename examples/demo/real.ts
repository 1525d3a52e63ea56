import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Revision } from '../../test/lab/argo/rollout.ts';
import { hasGo } from '../../test/lab/control-plane/go-build.ts';
import {
  controlPlanePrograms,
  KUBERNETES_VERSION,
  NEWEST,
  ROLLOUTS_RELEASES,
  rolloutsController,
  rolloutsModule,
} from '../../test/lab/control-plane/programs.ts';
import { type AnalysisRun, isCompleted } from '../../test/lab/driver/model.ts';
import type { KubeObject } from '../../test/lab/kubernetes.ts';
import type { RealLab } from '../../test/lab/real-lab.ts';
import { startEnvironment } from '../../test/lab/rollouts/environment.ts';
import {
  analysis,
  canary,
  pause,
  type Rollout,
  rolloutOf,
  setWeight,
} from '../../test/lab/rollouts/objects.ts';
import { sendTraffic } from '../../test/lab/shop/traffic.ts';
import { CANARIES, type DemoCanary, NAMESPACE } from './canaries.ts';
import { ANALYSES, LIMIT_MS, REQUESTS_PER_SECOND, WARM_UP_MS } from './plan.ts';
import { MissingProgram, type Outcome, type Session } from './session.ts';

/** The AnalysisTemplate's name. */
const TEMPLATE = 'canary-analysis';
const OUTCOMES = 'custom-columns=NAME:.metadata.name,PHASE:.status.phase,ABORTED:.status.abort';

/**
 * Runs the demo on a real control plane with the stock Argo Rollouts controller: three Rollouts go from revision 1 to 2, operator
 * and plugin have the rights of the installation, and each Rollout ends as the controller ends it.
 * @throws MissingProgram when there is no Go to build them with.
 */
export async function demonstrateReal({ say, signal, ending }: Session): Promise<Outcome> {
  const lab = await start({ say, signal, ending });
  say(
    `cluster is up at ${lab.url}: kube-apiserver ${KUBERNETES_VERSION}, pods are processes of this machine`,
  );
  say(
    `Argo Rollouts ${ROLLOUTS_RELEASES[NEWEST]}, unmodified, is running with the plugin in its configuration`,
  );
  say('operator is running, with no reviewer configured: findings and statistics decide');
  signal.throwIfAborted();

  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await lab.apply(parse(await readFile(join(import.meta.dirname, 'analysis-template.yaml'), 'utf8')));
  const pods = sendTraffic(lab.client, NAMESPACE, { perSecond: REQUESTS_PER_SECOND, signal });
  await Promise.all(CANARIES.map((one) => lab.apply(revisionOf(one, one.plan.stable))));
  await Promise.all(CANARIES.map(({ plan }) => untilSettled(lab, plan.name, limit)));
  say(`revision 1 of ${CANARIES.map(({ plan }) => plan.name).join(', ')} is Healthy`);
  say(`sending ${REQUESTS_PER_SECOND} requests a second to ${pods()} pods`);
  await sleep(WARM_UP_MS, undefined, { signal });

  tellOfAnalysisRuns(lab, say, signal);
  for (const one of CANARIES) {
    await lab.apply(revisionOf(one, one.plan.canary));
    say(`revision 2 of ${one.plan.name}: 1 of 3 pods ${one.about}`);
  }
  const settled = await Promise.all(
    CANARIES.map(async ({ plan }) => {
      const rollout = await untilSettled(lab, plan.name, limit);
      const { phase, abort } = rollout.status ?? {};
      say(`${plan.name}: Rollout ${phase}${abort === true ? ', back at revision 1' : ', all of revision 2'}`);
      return rollout;
    }),
  );
  say('all done');

  const kubectl = async (...args: string[]): Promise<string> =>
    `$ kubectl ${args.join(' ')}\n${await lab.kubectl(args)}`;
  return {
    shown: [
      await kubectl('get', 'canaryanalyses', '-n', NAMESPACE),
      await kubectl('get', 'rollouts', '-n', NAMESPACE, '-o', OUTCOMES),
    ],
    analyses: (await lab.client.list(ANALYSES)).items as unknown as CanaryAnalysis[],
    wrong: CANARIES.flatMap(({ plan, expected }, index) => {
      const phase = settled[index]?.status?.phase;
      const due = expected === 'Promote' ? 'Healthy' : 'Degraded';
      return phase === due ? [] : [`The Rollout ${plan.name} should have become ${due}, not ${phase}.`];
    }),
  };
}

/** Builds what is not built yet and brings everything up. */
async function start({ say, signal, ending }: Session): Promise<RealLab> {
  if (!(await hasGo())) {
    throw new MissingProgram(
      'LAB=real builds etcd, kube-apiserver and Argo Rollouts from source, and there is no Go: install Go 1.26 or later ' +
        '(https://go.dev/dl), or leave LAB out: the demo on the embedded API server needs none.',
    );
  }
  await controlPlanePrograms(say, signal);
  await rolloutsController(NEWEST, say, signal);
  await rolloutsModule(NEWEST, say);
  say('starting etcd, kube-apiserver, kube-controller-manager, Argo Rollouts and the operator');
  const environment = await startEnvironment(NEWEST, say, { withReviewer: false });
  ending(() => environment.stop());
  return environment.lab;
}

async function untilSettled(lab: RealLab, name: string, signal: AbortSignal): Promise<Rollout> {
  const named = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace: NAMESPACE, name },
  };
  return (await lab.waitFor(named, (object) => isSettled(object as Rollout), signal)) as Rollout;
}

/** The Rollout of a canary at one of its revisions, as a team would write it. */
function revisionOf({ plan, analysed }: DemoCanary, { image, env = {} }: Revision): Rollout {
  const { namespace, name } = plan;
  const replicas = plan.stable.replicas + plan.canary.replicas;
  const toCanary = setWeight(Math.ceil((100 * plan.canary.replicas) / replicas));
  const strategy =
    analysed === 'step' ? canary([toCanary, analysis(TEMPLATE)]) : canary([toCanary, pause()], TEMPLATE);
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const container = { image, env: variables, ...plan.container };
  return rolloutOf({ namespace, name, replicas, strategy, container });
}

/** Whether the controller has brought the Rollout to rest: all of it is of one revision and ready, or it was aborted. */
function isSettled({ metadata, status = {} }: Rollout): boolean {
  const { phase, abort, observedGeneration } = status;
  if (observedGeneration !== String(metadata.generation)) return false;
  return phase === 'Healthy' || (phase === 'Degraded' && abort === true);
}

/** Says when the controller starts an AnalysisRun, and what it came to. */
function tellOfAnalysisRuns(lab: RealLab, say: Session['say'], signal: AbortSignal): void {
  const told = new Set<string>();
  const follow = async (): Promise<void> => {
    const path = `/apis/argoproj.io/v1alpha1/namespaces/${NAMESPACE}/analysisruns`;
    for await (const { object } of lab.client.watch(path, signal)) {
      const line = lineAbout(object);
      if (line === undefined || told.has(line)) continue;
      told.add(line);
      say(line);
    }
  };
  follow().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function lineAbout({ metadata, status }: KubeObject): string | undefined {
  const { phase } = (status ?? {}) as AnalysisRun['status'] & object;
  const [owner] = metadata.ownerReferences ?? [];
  if (phase === 'Running')
    return `${owner?.name}: Argo Rollouts has called Run; AnalysisRun ${metadata.name} is Running`;
  return isCompleted(phase) ? `${owner?.name}: AnalysisRun ${phase}` : undefined;
}
