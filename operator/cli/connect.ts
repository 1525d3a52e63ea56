import { systemClock } from '../../crds/client/clock.ts';
import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import { ResourceClient } from '../../crds/client/resource-client.ts';
import { type CanaryAnalysis, GROUP, KIND, PLURAL, VERSION } from '../../crds/v1alpha1/canary-analysis.ts';
import { VERSION as PROGRAM_VERSION } from '../../crds/version.ts';
import { type Cluster, createCluster } from '../evidence/index.ts';
import { currentNamespace, loadKubeConfig } from '../kernel/kube-config.ts';
import { createKubeTransport } from '../kernel/kube-transport.ts';
import type { ClusterFlags } from './usage.ts';

/** A ConfigMap, as far as it is read here. */
export interface ConfigMapObject extends KubernetesObject {
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** A cluster to read from; close it when nothing uses it any more. */
export interface Connection {
  /** URL of the API server. */
  readonly server: string;
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly analyses: ResourceClient<CanaryAnalysis>;
  readonly configMaps: ResourceClient<ConfigMapObject>;
  close(): void;
}

/**
 * Finds the cluster as kubectl does and opens a connection to it.
 * @throws CodedError `CONFIG_INVALID` when there is none.
 */
export function connect(flags: ClusterFlags, env: Readonly<Record<string, string | undefined>>): Connection {
  const kubeconfig = flags.kubeconfig ?? env['KUBECONFIG']?.split(':', 1)[0];
  const config = loadKubeConfig(
    {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(flags.context === undefined ? {} : { context: flags.context }),
    },
    env,
  );
  const transport = createKubeTransport(config, { userAgent: `canary-analysis-cli/${PROGRAM_VERSION}` });
  const options = { clock: systemClock };
  const define = (group: string, version: string, plural: string, kind: string) => ({
    group,
    version,
    plural,
    kind,
    namespaced: true,
  });
  return {
    server: config.getCurrentCluster()?.server ?? '',
    namespace: flags.namespace ?? currentNamespace(config) ?? 'default',
    cluster: createCluster(transport, systemClock),
    analyses: new ResourceClient(transport, define(GROUP, VERSION, PLURAL, KIND), options),
    configMaps: new ResourceClient(transport, define('', 'v1', 'configmaps', 'ConfigMap'), options),
    close: () => transport.close(),
  };
}
