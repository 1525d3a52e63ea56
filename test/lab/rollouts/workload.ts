import type { CanaryAnalysis } from '../../../crds/v1alpha1/canary-analysis.ts';
import type { KubeObject } from '../kubernetes.ts';
import { nameOf } from '../objects.ts';
import type { RealLab } from '../real-lab.ts';
import { CONTAINER } from '../shop/shop.ts';
import { sendTraffic } from '../shop/traffic.ts';
import {
  type AnalysisRun,
  analysisTemplate,
  type MetricOptions,
  measurementsOf,
  metric,
  NAME,
  type PluginConfig,
  type Release,
  type Rollout,
  rollout,
} from './objects.ts';

/** Requests a second to all pods of a workload together. */
const REQUESTS_PER_SECOND = 60;
const ARGO = 'argoproj.io/v1alpha1';
const OURS = 'metric-ai.argoproj-labs.io/v1alpha1';
/** One Rollout in a namespace of its own: what a team does to it, and what can be seen of it. */
export class Workload {
  readonly lab: RealLab;
  readonly namespace: string;
  /** Fires when the limit does, and when the workload is closed. */
  readonly signal: AbortSignal;
  readonly #closing = new AbortController();
  #names = { rollout: NAME, container: CONTAINER };

  /** The namespace is made by {@link createNamespace}. */
  constructor(lab: RealLab, namespace: string, limit: AbortSignal) {
    this.lab = lab;
    this.namespace = namespace;
    this.signal = AbortSignal.any([limit, this.#closing.signal]);
  }

  async createNamespace(): Promise<void> {
    await this.lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } });
  }

  /** An AnalysisTemplate of the namespace with one metric for the plugin. */
  async template(name: string, config: PluginConfig, options: MetricOptions = {}): Promise<void> {
    const where = { namespace: this.namespace, name };
    await this.lab.apply(analysisTemplate(where, metric(config, options)));
  }

  /** Says that the Rollout and its container have other names than the usual ones. */
  rename(names: { readonly rollout: string; readonly container: string }): void {
    this.#names = names;
  }

  /** Deploys revision 1, which is never analysed, and returns when it is Healthy. */
  async deploy(strategy: KubeObject['spec']): Promise<Rollout> {
    await this.lab.apply(rollout(this.namespace, { version: 'v1' }, strategy));
    return await this.untilPhase('Healthy');
  }

  /** Changes the pod template as a team does that ships another build. */
  async ship(release: Release): Promise<void> {
    const { spec } = rollout(this.namespace, release, {});
    await this.lab.client.patch(this.rolloutPath, { spec: { template: spec?.['template'] } });
  }

  /** What `kubectl argo rollouts abort` does. */
  async abort(): Promise<void> {
    await this.#patchStatus({ abort: true });
  }

  /** What `kubectl argo rollouts retry rollout` does. */
  async retry(): Promise<void> {
    await this.#patchStatus({ abort: false });
  }

  /** What `kubectl argo rollouts promote` does to a Rollout that an inconclusive analysis has paused. */
  async promote(): Promise<void> {
    const { status } = await this.rollout();
    const currentStepIndex = (status?.currentStepIndex ?? 0) + 1;
    await this.#patchStatus({ pauseConditions: null, controllerPause: false, currentStepIndex });
  }

  /** Somebody annotates the Rollout: an event by which the controller looks at it again. */
  async annotate(annotations: Readonly<Record<string, string>>): Promise<Rollout> {
    return (await this.lab.client.patch(this.rolloutPath, { metadata: { annotations } })) as Rollout;
  }

  /** What `kubectl argo rollouts promote` does to a Rollout that waits for a person. */
  async confirm(): Promise<void> {
    await this.#patchStatus({ pauseConditions: null });
  }

  /** Where the API server has the Rollout. */
  get rolloutPath(): string {
    return `/apis/${ARGO}/namespaces/${this.namespace}/rollouts/${this.#names.rollout}`;
  }

  async rollout(): Promise<Rollout> {
    return (await this.lab.client.get(this.rolloutPath)) as Rollout;
  }

  /**
   * The Rollout once it is in a phase for its current spec.
   * @throws Error when it has come to another end, or the limit has passed.
   */
  async untilPhase(phase: 'Healthy' | 'Degraded' | 'Paused'): Promise<Rollout> {
    return await this.untilRollout(`is ${phase}`, ({ metadata, status }) => {
      if (status?.observedGeneration !== String(metadata.generation)) return false;
      if (status.phase === phase) return true;
      if (phase !== 'Degraded' && status.phase === 'Degraded' && status.abort === true)
        throw new Error(`the Rollout should be ${phase}, but: ${status.message}`);
      const paused = status.pauseConditions?.some(({ reason }) => reason === 'InconclusiveAnalysisRun');
      if (phase === 'Healthy' && paused === true)
        throw new Error('the Rollout should be Healthy, but an inconclusive analysis has paused it');
      return false;
    });
  }

  async untilRollout(what: string, condition: (rollout: Rollout) => boolean): Promise<Rollout> {
    return (await this.until(
      { apiVersion: ARGO, kind: 'Rollout', name: this.#names.rollout },
      what,
      (object) => condition(object as Rollout),
    )) as Rollout;
  }

  /** The first AnalysisRun that shows up, of a Rollout or of an Experiment. */
  async firstAnalysisRun(): Promise<AnalysisRun> {
    const path = `/apis/${ARGO}/namespaces/${this.namespace}/analysisruns`;
    for await (const { type, object } of this.lab.client.watch(path, this.signal))
      if (type === 'ADDED') return object as AnalysisRun;
    throw new Error('the watch of AnalysisRuns ended before there was one');
  }

  /** An AnalysisRun once a condition holds. */
  async untilAnalysisRun(
    { metadata }: AnalysisRun,
    what: string,
    condition: (run: AnalysisRun) => boolean,
  ): Promise<AnalysisRun> {
    return (await this.until({ apiVersion: ARGO, kind: 'AnalysisRun', name: metadata.name }, what, (object) =>
      condition(object as AnalysisRun),
    )) as AnalysisRun;
  }

  /** The first AnalysisRun once its first measurement is under way. */
  async untilMeasuring(): Promise<AnalysisRun> {
    return await this.untilAnalysisRun(await this.firstAnalysisRun(), 'measures', (run) =>
      measurementsOf(run).some(({ phase, metadata }) => phase === 'Running' && metadata !== undefined),
    );
  }

  /** An object of the namespace once a condition holds; the condition may throw to give up. */
  async until(
    { apiVersion, kind, name }: { apiVersion: string; kind: string; name: string },
    what: string,
    condition: (object: KubeObject) => boolean,
  ): Promise<KubeObject> {
    const object = { apiVersion, kind, metadata: { namespace: this.namespace, name } };
    try {
      return await this.lab.waitFor(object, condition, this.signal);
    } catch (cause) {
      if (!this.signal.aborted) throw cause;
      throw new Error(`${nameOf(object)} has not come to this in time: it ${what}`, { cause });
    }
  }

  /** All AnalysisRuns, the oldest first. */
  async analysisRuns(): Promise<AnalysisRun[]> {
    return (await this.list(ARGO, 'analysisruns')) as AnalysisRun[];
  }

  /** All analyses, the oldest first. */
  async analyses(): Promise<CanaryAnalysis[]> {
    const found = await this.list(OURS, 'canaryanalyses');
    return found as unknown as CanaryAnalysis[];
  }

  /** An analysis, the only one unless said, once a condition holds. */
  async untilAnalysis(
    what: string,
    condition: (analysis: CanaryAnalysis) => boolean,
    analysis?: CanaryAnalysis,
  ): Promise<CanaryAnalysis> {
    const {
      apiVersion = '',
      kind = '',
      metadata,
    } = analysis ?? only(await this.analyses(), 'CanaryAnalyses');
    const found = await this.until({ apiVersion, kind, name: metadata.name }, what, (object) =>
      condition(object as unknown as CanaryAnalysis),
    );
    return found as unknown as CanaryAnalysis;
  }

  /** Somebody changes labels or annotations of an AnalysisRun: an event by which the controller looks at it again. */
  async touch({ metadata }: AnalysisRun, change: Partial<KubeObject['metadata']>): Promise<void> {
    const path = `/apis/${ARGO}/namespaces/${this.namespace}/analysisruns/${metadata.name}`;
    await this.lab.client.patch(path, { metadata: change });
  }

  /** Somebody deletes an AnalysisRun. */
  async remove({ metadata }: AnalysisRun): Promise<void> {
    await this.lab.client.delete(`/apis/${ARGO}/namespaces/${this.namespace}/analysisruns/${metadata.name}`);
  }

  /** The only AnalysisRun and the only analysis; fails when there are more or none. */
  async outcome(): Promise<{ run: AnalysisRun; analysis: CanaryAnalysis }> {
    const [runs, analyses] = await Promise.all([this.analysisRuns(), this.analyses()]);
    return { run: only(runs, 'AnalysisRuns'), analysis: only(analyses, 'CanaryAnalyses') };
  }

  /** The revision that a Service leads to. */
  async selectedBy(name: string): Promise<string | undefined> {
    return selectedRevision(
      await this.lab.client.get(`/api/v1/namespaces/${this.namespace}/services/${name}`),
    );
  }

  /** Waits until a Service leads to a revision: the controller switches it a moment after the phase. */
  async untilSelectedBy(name: string, revision: string | undefined): Promise<void> {
    await this.until({ apiVersion: 'v1', kind: 'Service', name }, `leads to ${revision}`, (object) => {
      return selectedRevision(object) === revision;
    });
  }

  /** Sends requests to every pod that listens, whatever its revision, until it is closed. */
  sendTraffic(): void {
    const { namespace, signal } = this;
    sendTraffic(this.lab.client, namespace, {
      perSecond: REQUESTS_PER_SECOND,
      signal,
      container: this.#names.container,
    });
  }

  /** Every change of every pod. */
  watchPods() {
    return this.lab.client.watch(`/api/v1/namespaces/${this.namespace}/pods`, this.signal);
  }

  /** Ends traffic and watches, and takes the Rollout away. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.lab.client.delete(this.rolloutPath);
  }

  async #patchStatus(status: Record<string, unknown>): Promise<void> {
    await this.lab.client.patch(`${this.rolloutPath}/status`, { status });
  }

  /** The objects of the namespace, the oldest first; `plural` as in a path. */
  async list(apiVersion: string, plural: string): Promise<KubeObject[]> {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const { items } = await this.lab.client.list(`${root}/namespaces/${this.namespace}/${plural}`);
    const age = ({ metadata }: KubeObject) => `${metadata.creationTimestamp} ${metadata.name}`;
    return items.sort((a, b) => (age(a) < age(b) ? -1 : 1));
  }
}

function only<T>(list: readonly T[], what: string): T {
  const [one, ...more] = list;
  if (one === undefined || more.length > 0) throw new Error(`${list.length} ${what} instead of one`);
  return one;
}

function selectedRevision({ spec }: KubeObject): string | undefined {
  const { selector = {} } = (spec ?? {}) as { selector?: Record<string, string> };
  return selector['rollouts-pod-template-hash'];
}
