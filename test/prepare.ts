import {
  controlPlanePrograms,
  NEWEST,
  prometheusServer,
  type RolloutsMinor,
  rolloutsController,
  rolloutsKubectlPlugin,
  rolloutsModule,
} from './lab/control-plane/programs.ts';
import { chosenMinors } from './lab/rollouts/minors.ts';

/**
 * Builds what suites on a real control plane need, unless it is in the cache: once, before several of them ask for it at
 * the same time.
 * @throws Error that says what is missing
 */
export async function prepareControlPlane(progress: (line: string) => void): Promise<void> {
  const minors = new Set<RolloutsMinor>([NEWEST, ...chosenMinors(process.env)]);
  progress(
    `what these suites need of Kubernetes, Argo Rollouts and Prometheus is built from source once (some ${11 + 6 * minors.size} minutes) and kept`,
  );
  await controlPlanePrograms(progress);
  await rolloutsModule(NEWEST, progress);
  for (const minor of minors) await rolloutsController(minor, progress);
  await rolloutsKubectlPlugin(progress);
  await prometheusServer(progress);
}
