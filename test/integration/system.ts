import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { type PluginMetric, stepAnalysisRun } from '../lab/argo/analysis-run.ts';
import { type DeployedRollout, deployRollout } from '../lab/argo/rollout.ts';
import type { Driver } from '../lab/driver/driver.ts';
import { type AnalysisRun, isCompleted, type StoredMeasurement } from '../lab/driver/model.ts';
import type { KubeObject } from '../lab/kubernetes.ts';
import { type OperatorProcess, PLUGIN_NAMES, startArgo, startOperator } from '../lab/system.ts';
import { API_SERVER, type IntegrationLab } from './api-servers.ts';

const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1';
/** Beyond this a test has failed: says so with the logs instead of with a time-out. */
const LIMIT_MS = 120_000;

/** How a system is started. */
export interface SystemOptions {
  readonly operatorConfig?: unknown;
  readonly operatorEnv?: Readonly<Record<string, string>>;
  /** False: nobody reconciles. */
  readonly withOperator?: boolean;
  /** False: the cluster does not know CanaryAnalyses. */
  readonly installed?: boolean;
}

/** The whole system, each program a process of its own, on one cluster; every test has a namespace of its own. */
export class System {
  readonly lab: IntegrationLab;
  readonly argo: Driver;
  readonly pluginLog: string[];
  operator: OperatorProcess | undefined;
  readonly #options: SystemOptions;

  private constructor(lab: IntegrationLab, argo: Driver, pluginLog: string[], options: SystemOptions) {
    this.lab = lab;
    this.argo = argo;
    this.pluginLog = pluginLog;
    this.#options = options;
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const { installed = true, withOperator = true } = options;
    const lab = await API_SERVER.start({ installed });
    const pluginLog: string[] = [];
    const argo = await startArgo(lab, { onLog: (line) => pluginLog.push(line), errorRetryMs: 100 });
    const system = new System(lab, argo, pluginLog, options);
    if (withOperator) await system.startOperator();
    return system;
  }

  async startOperator(): Promise<void> {
    const { operatorConfig, operatorEnv } = this.#options;
    this.operator = await startOperator(this.lab, {
      ...(operatorConfig === undefined ? {} : { config: operatorConfig }),
      ...(operatorEnv === undefined ? {} : { env: operatorEnv }),
    });
  }

  async stop(): Promise<void> {
    await this.argo.stop();
    await this.operator?.stop();
    await this.lab.stop();
  }

  /** Deploys a stable and a canary revision of the workload and waits until stable logs. */
  async deploy(namespace: string, fault: '' | 'errors' | 'crash' = ''): Promise<DeployedRollout> {
    await this.lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    return deployRollout(this.lab.client, {
      namespace,
      name: 'web',
      stable: { image: 'workload:v1', env: { VERSION: 'v1' }, replicas: 1 },
      canary: { image: 'workload:v1', env: { VERSION: 'v2', FAULT: fault }, replicas: 1 },
    });
  }

  /** Creates the AnalysisRun of a step with one metric. */
  async measure(
    rollout: DeployedRollout,
    config: Readonly<Record<string, unknown>>,
    options: Parameters<typeof stepAnalysisRun>[2] & Partial<PluginMetric> = {},
  ): Promise<AnalysisRun> {
    const { count, interval, failureLimit, ...rest } = options;
    const metric: PluginMetric = {
      name: 'canary-analysis',
      plugin: PLUGIN_NAMES[0],
      config,
      ...(count === undefined ? {} : { count }),
      ...(interval === undefined ? {} : { interval }),
      ...(failureLimit === undefined ? {} : { failureLimit }),
    };
    return (await this.lab.apply(stepAnalysisRun(rollout, [metric], rest))) as unknown as AnalysisRun;
  }

  /** The AnalysisRun once it is over. */
  finished(run: AnalysisRun): Promise<AnalysisRun> {
    return this.until(run as unknown as KubeObject, 'is over', ({ status }) =>
      isCompleted((status as unknown as AnalysisRun['status'])?.phase),
    ) as Promise<unknown> as Promise<AnalysisRun>;
  }

  /** The first measurement of an AnalysisRun when it is finished; the AnalysisRun is then told to end. */
  async firstMeasurement(run: AnalysisRun): Promise<StoredMeasurement> {
    const finished = (object: unknown): StoredMeasurement | undefined =>
      (object as AnalysisRun).status?.metricResults?.[0]?.measurements?.find(
        ({ finishedAt }) => finishedAt !== undefined,
      );
    const seen = await this.until(
      run as unknown as KubeObject,
      'was measured',
      (object) => finished(object) !== undefined,
    );
    const { namespace, name } = run.metadata;
    const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/analysisruns/${name}`;
    await this.lab.client.patch(path, { spec: { terminate: true } });
    return finished(seen) as StoredMeasurement;
  }

  /** Resolves when the plugin has answered a call about an AnalysisRun. */
  async called(method: string, { metadata }: AnalysisRun): Promise<void> {
    const run = `${metadata.namespace}/${metadata.name}`;
    await eventually(
      () => this.argo.calls.some((call) => call.method === method && call.analysisRun === run),
      () => `${method} was never called for ${run}`,
    );
  }

  /** Resolves when the measurement waits for its verdict and Argo has no call left to make for it. */
  async waits(run: AnalysisRun): Promise<void> {
    const waiting = await this.until(run as unknown as KubeObject, 'waits', ({ status }) => {
      const [result] = (status as unknown as AnalysisRun['status'])?.metricResults ?? [];
      return result?.measurements?.[0]?.phase === 'Running';
    });
    await eventually(
      () => this.argo.isIdle(waiting as unknown as AnalysisRun),
      () => `Argo never came to rest: ${this.argo.calls.map(({ method }) => method)}`,
    );
  }

  /** Resolves when the operator has logged a message once more than `before` times. */
  async logged(message: string, before: number): Promise<void> {
    await eventually(
      () => this.timesLogged(message) > before,
      () => `the operator never logged ${JSON.stringify(message)} again`,
    );
  }

  /** Resolves when a program's log holds the texts, in this order, in its lines that hold `within`: a log comes by a pipe, later than a status. */
  async said(program: 'operator' | 'plugin', texts: readonly string[], within = ''): Promise<void> {
    const lines = (): string =>
      (program === 'plugin' ? this.pluginLog : (this.operator?.log ?? []).map((line) => JSON.stringify(line)))
        .filter((line) => line.includes(within))
        .join('\n');
    await eventually(
      () => holdsInOrder(lines(), texts),
      () => `the ${program} never said ${JSON.stringify(texts)} in: ${lines()}`,
    );
  }

  timesLogged(message: string): number {
    return (this.operator?.log ?? []).filter((line) => line.message === message).length;
  }

  /** Resolves when operator and plugin have both logged that the API server does not answer. */
  async missed(): Promise<void> {
    const { operator, pluginLog } = this;
    const [heard, told] = [operator?.log.length ?? 0, pluginLog.length];
    await eventually(
      () =>
        (operator?.log.slice(heard) ?? []).some(({ message }) => message === 'mirror failed') &&
        pluginLog.slice(told).some((line) => line.includes('CanaryAnalyses cannot be watched')),
      () => 'operator and plugin never noticed that the API server was away',
    );
  }

  /** The one CanaryAnalysis of a namespace, once the condition holds. */
  async analysis(
    namespace: string,
    what: string,
    condition: (analysis: CanaryAnalysis) => boolean,
  ): Promise<CanaryAnalysis> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    const path = `${ANALYSES}/namespaces/${namespace}/canaryanalyses`;
    try {
      for await (const { type, object } of this.lab.client.watch(path, limit)) {
        const analysis = object as unknown as CanaryAnalysis;
        if (type !== 'BOOKMARK' && type !== 'DELETED' && condition(analysis)) return analysis;
      }
    } catch (error) {
      if (!limit.aborted) throw error;
    }
    throw new Error(`no CanaryAnalysis in ${namespace} ${what}\n${await this.#history(namespace)}`);
  }

  /** Every CanaryAnalysis of a namespace. */
  async analyses(namespace: string): Promise<CanaryAnalysis[]> {
    const { items } = await this.lab.client.list(`${ANALYSES}/namespaces/${namespace}/canaryanalyses`);
    return items as unknown as CanaryAnalysis[];
  }

  async until(
    object: KubeObject,
    what: string,
    condition: (object: KubeObject) => boolean,
    limitMs = LIMIT_MS,
  ): Promise<KubeObject> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      return await this.lab.waitFor(object, condition, limit);
    } catch (error) {
      if (!limit.aborted) throw error;
      const { namespace = '' } = object.metadata;
      throw new Error(
        `${object.kind} ${object.metadata.name} never ${what}\n${await this.#history(namespace)}`,
      );
    }
  }

  /** What happened, for the message of a failed test. */
  async #history(namespace: string): Promise<string> {
    const analyses = await this.analyses(namespace).catch(() => []);
    return [
      ...analyses.map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status)}`),
      ...this.pluginLog.slice(-10),
      ...(this.operator?.log ?? []).slice(-10).map((line) => JSON.stringify(line)),
    ].join('\n');
  }
}

/** Whether a text holds others, in their order. */
export function holdsInOrder(text: string, wanted: readonly string[]): boolean {
  let from = 0;
  for (const one of wanted) {
    from = text.indexOf(one, from);
    if (from < 0) return false;
  }
  return true;
}

/** Resolves when the condition holds; looks every 20 ms and throws what the problem is after two minutes. */
export async function eventually(condition: () => boolean, problem: () => string): Promise<void> {
  for (const limit = Date.now() + LIMIT_MS; !condition(); ) {
    if (Date.now() > limit) throw new Error(problem());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The one measurement of an AnalysisRun's one metric. */
export function measurementOf(run: AnalysisRun): {
  phase: string;
  value?: string;
  message?: string;
  metadata?: Record<string, string>;
} {
  const [result] = run.status?.metricResults ?? [];
  const last = result?.measurements?.at(-1);
  if (last === undefined) throw new Error(`${run.metadata.name} has no measurement`);
  return last as ReturnType<typeof measurementOf>;
}
