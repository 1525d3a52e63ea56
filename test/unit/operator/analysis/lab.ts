import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { systemClock } from '../../../../crds/client/clock.ts';
import { analysisName } from '../../../../crds/names.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../../../crds/v1alpha1/labels.ts';
import type { CanaryAnalysisSpec } from '../../../../crds/v1alpha1/spec.ts';
import { createOperator, type OperatorOptions } from '../../../../operator/analysis/index.ts';
import type { LoadedConfig } from '../../../../operator/config/index.ts';
import { loadKubeConfig } from '../../../../operator/kernel/kube-config.ts';
import { createKubeTransport } from '../../../../operator/kernel/kube-transport.ts';
import { createLogger, type Logger, silentLogger } from '../../../../operator/kernel/logger.ts';
import { stepAnalysisRun } from '../../../lab/argo/analysis-run.ts';
import { type DeployedRollout, deployRollout, type Revision } from '../../../lab/argo/rollout.ts';
import { type EmbeddedLab, startEmbeddedLab } from '../../../lab/embedded-lab.ts';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import { LabApiError } from '../../../lab/lab-client.ts';

const API = '/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/default/canaryanalyses';
const RUNS = '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';
const ROLLOUTS = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts';
const DEFINITION = join(
  import.meta.dirname,
  '../../../../crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml',
);

/** A program that serves requests: one line for each, slow or every fourth of them with an error where it is told to. */
const SERVER = `
  let n = 0;
  console.log('server listening');
  setInterval(() => {
    for (let i = 0; i < 5; i++) {
      n++;
      console.log('INFO request served path=/api/items status=200 duration=' + (n % 40) * (process.env.SLOW ? 10 : 1) + 'ms');
      if (process.env.FAIL && n % 4 === 0) console.log('ERROR payment declined: upstream refused order ' + n);
    }
  }, 50);
`;
const CRASH = `console.error('FATAL cannot open database'); setTimeout(() => process.exit(1), 200);`;

/** What pods of the lab run. */
export const IMAGES = {
  'shop:1': ['node', '-e', SERVER],
  'shop:2': ['node', '-e', SERVER],
  'shop:crash': ['node', '-e', CRASH],
};

/** A running operator. */
export interface RunningOperator {
  stop(): Promise<void>;
}

/** A lab with the CRD, and hands to play Argo and the plugin. */
export class AnalysisLab {
  readonly lab: EmbeddedLab;

  constructor(lab: EmbeddedLab) {
    this.lab = lab;
  }

  static async start(): Promise<AnalysisLab> {
    const lab = await startEmbeddedLab({
      tls: false,
      images: IMAGES,
      backoff: { baseMs: 500, maxMs: 1000 },
    });
    await lab.apply(parse(readFileSync(DEFINITION, 'utf8')));
    return new AnalysisLab(lab);
  }

  /** Starts an operator of its own account; `process` is what another one would be. */
  startOperator(
    options: Partial<OperatorOptions> & { config?: LoadedConfig['config'] } = {},
    user = 'operator',
  ): RunningOperator {
    const config = loadKubeConfig({ kubeconfig: this.lab.kubeconfigFor(user) }, {});
    const transport = createKubeTransport(config);
    const operator = createOperator({
      loaded: { config: options.config ?? {}, credentials: [] },
      transport,
      logger: logger(),
      clock: systemClock,
      instance: user,
      timings: {
        pollMs: 200,
        startUpMs: 500,
        minWatchMs: 2000,
        firstTrialMs: 1000,
        settleMs: 300,
        reportRetryMs: 100,
      },
      ...options,
    });
    const stopping = new AbortController();
    const running = operator.run(stopping.signal);
    return {
      async stop() {
        stopping.abort();
        await running;
        transport.close();
      },
    };
  }

  deploy(name: string, canary: Partial<Revision>, stable: Partial<Revision> = {}): Promise<DeployedRollout> {
    return deployRollout(this.lab.client, {
      namespace: 'default',
      name,
      stable: { image: 'shop:1', replicas: 1, ...stable },
      canary: { image: 'shop:2', replicas: 1, ...canary },
    });
  }

  /** Creates the AnalysisRun of a step and its CanaryAnalysis, as Argo and the plugin do. */
  async measure(
    deployed: DeployedRollout,
    spec: CanaryAnalysisSpec = {},
    ordinal = 1,
  ): Promise<{ analysis: CanaryAnalysis; run: KubeObject }> {
    const run = await this.lab.apply(
      stepAnalysisRun(deployed, [
        { name: 'ai', plugin: 'argoproj-labs/metric-ai', config: {} },
      ]) as KubeObject,
    );
    const measurement = {
      analysisRun: run.metadata.name,
      analysisRunUID: run.metadata.uid ?? '',
      metric: 'ai',
      ordinal,
      podTemplateHash: deployed.canaryHash,
    };
    const analysis = await this.create(analysisName(measurement), {
      observation: { waitSeconds: 4, minPower: 80 },
      ...spec,
      measurement,
    });
    return { analysis, run };
  }

  async create(name: string, spec: CanaryAnalysisSpec): Promise<CanaryAnalysis> {
    const created = await this.lab.client.create(API, {
      apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
      kind: 'CanaryAnalysis',
      metadata: { name, namespace: 'default', labels: { [LABEL_AWAITED]: 'true' } },
      spec,
    });
    return created as unknown as CanaryAnalysis;
  }

  get(analysis: CanaryAnalysis): Promise<CanaryAnalysis> {
    return this.lab.client.get<never>(`${API}/${analysis.metadata.name}`);
  }

  async patch(analysis: CanaryAnalysis, patch: unknown): Promise<void> {
    await this.lab.client.patch(`${API}/${analysis.metadata.name}`, patch);
  }

  async patchRun(run: KubeObject, patch: unknown): Promise<void> {
    await this.lab.client.patch(`${RUNS}/${run.metadata.name}`, patch);
  }

  async deleteRun(run: KubeObject): Promise<void> {
    await this.lab.client.delete(`${RUNS}/${run.metadata.name}`);
  }

  async patchRollout(name: string, patch: { readonly status: unknown }): Promise<void> {
    await this.lab.client.patch(`${ROLLOUTS}/${name}/status`, patch);
  }

  /** Resolves once an analysis has been deleted. */
  async gone(analysis: CanaryAnalysis): Promise<void> {
    const path = `${API}?fieldSelector=metadata.name%3D${analysis.metadata.name}`;
    for await (const { type } of this.lab.client.watch(path, AbortSignal.timeout(100_000))) {
      if (type === 'DELETED') return;
    }
  }

  /** The first state of an analysis that satisfies the condition. */
  async until(
    analysis: CanaryAnalysis,
    condition: (analysis: CanaryAnalysis) => boolean,
  ): Promise<CanaryAnalysis> {
    const name: Parameters<EmbeddedLab['waitFor']>[0] = {
      apiVersion: 'metric-ai.argoproj-labs.io/v1alpha1',
      kind: 'CanaryAnalysis',
      metadata: { name: analysis.metadata.name, namespace: 'default' },
    };
    const seen = await this.lab.waitFor(
      name,
      (object) => condition(object as unknown as CanaryAnalysis),
      AbortSignal.timeout(100_000),
    );
    return seen as unknown as CanaryAnalysis;
  }

  verdict(analysis: CanaryAnalysis): Promise<CanaryAnalysis> {
    return this.until(analysis, ({ status }) => status?.verdict !== undefined);
  }

  /** Resolves once a revision has no pods. */
  async noPods(hash: string): Promise<void> {
    const path = `/api/v1/namespaces/default/pods?labelSelector=rollouts-pod-template-hash%3D${hash}`;
    const pods = new Set<string>();
    for await (const { type, object } of this.lab.client.watch(path, AbortSignal.timeout(100_000))) {
      if (type === 'DELETED') pods.delete(object.metadata.name);
      else pods.add(object.metadata.name);
      if (type === 'DELETED' && pods.size === 0) return;
    }
  }

  /** Whether an object exists. */
  async exists(path: string): Promise<boolean> {
    try {
      await this.lab.client.get(path);
      return true;
    } catch (error) {
      if (error instanceof LabApiError && error.code === 404) return false;
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.lab.stop();
  }
}

function logger(): Logger {
  return process.env['TEST_LOG'] === undefined ? silentLogger : createLogger({ level: 'debug' });
}
