import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../../crds/v1alpha1/labels.ts';
import { Informer } from '../../lab/informer.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import type { RealLab } from '../../lab/real-lab.ts';
import { CONTAINER } from '../../lab/shop/shop.ts';
import { sendTraffic } from '../../lab/shop/traffic.ts';
import { nameOf } from './diagnosis.ts';
import {
  type AnalysisRun,
  allMeasurements,
  analysisTemplate,
  type Measurement,
  type MetricOptions,
  measurementsOf,
  metric,
  NAME,
  type PluginConfig,
  type Release,
  type Rollout,
  rollout,
} from './objects.ts';
import type { Stage } from './stage.ts';

/** Requests a second to all pods of a shop together. */
const REQUESTS_PER_SECOND = 60;
const ARGO = 'argoproj.io/v1alpha1';
const OURS = 'metric-ai.argoproj-labs.io/v1alpha1';
/** Everything that a rollout and its analyses keep in their namespace. */
const KEPT = [
  [ARGO, 'rollouts'],
  [ARGO, 'analysisruns'],
  [OURS, 'canaryanalyses'],
  ['v1', 'configmaps'],
  ['apps/v1', 'replicasets'],
  ['v1', 'pods'],
] as const;
/** Which phase a measurement takes from a verdict. */
const PHASES = {
  Promote: 'Successful',
  Abort: 'Failed',
  Inconclusive: 'Inconclusive',
  Error: 'Error',
} as const;

/** One Rollout in a namespace of its own: what a team does to it, and what can be seen of it. */
export class Shop {
  readonly stage: Stage;
  readonly namespace: string;
  /** Fires when the story has taken too long. */
  readonly signal: AbortSignal;
  readonly #lab: RealLab;
  readonly #limit: AbortSignal;
  readonly #closing = new AbortController();
  readonly #beside: Shop[] = [];
  #names = { rollout: NAME, container: CONTAINER };

  constructor(stage: Stage, namespace: string, limit: AbortSignal) {
    this.stage = stage;
    this.namespace = namespace;
    this.signal = AbortSignal.any([limit, this.#closing.signal]);
    this.#lab = stage.lab;
    this.#limit = limit;
  }

  /** Opens another shop for the same story, which closes with this one. */
  async beside(name: string): Promise<Shop> {
    const shop = await startShop(this.stage, `${this.namespace}-${name}`, this.#limit);
    this.#beside.push(shop);
    return shop;
  }

  /** This shop and those that were opened beside it. */
  get neighbourhood(): readonly Shop[] {
    return [this, ...this.#beside];
  }

  /** An AnalysisTemplate of the namespace with one metric for the plugin. */
  async template(name: string, config: PluginConfig, options: MetricOptions = {}): Promise<void> {
    const where = { namespace: this.namespace, name };
    await this.#lab.apply(analysisTemplate(where, metric(config, options)));
  }

  /** Says that the Rollout and its container have other names than those of a shop. */
  sells(names: { readonly rollout: string; readonly container: string }): void {
    this.#names = names;
  }

  /** Deploys revision 1, which is never analysed, and returns when it is Healthy. */
  async begin(strategy: KubeObject['spec']): Promise<Rollout> {
    await this.#lab.apply(rollout(this.namespace, { version: 'v1' }, strategy));
    return await this.untilPhase('Healthy');
  }

  /** Changes the pod template as a team does that ships another build. */
  async ship(release: Release): Promise<void> {
    const { spec } = rollout(this.namespace, release, {});
    await this.#lab.client.patch(this.rolloutPath, { spec: { template: spec?.['template'] } });
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
    return (await this.#lab.client.patch(this.rolloutPath, { metadata: { annotations } })) as Rollout;
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
    return (await this.#lab.client.get(this.rolloutPath)) as Rollout;
  }

  /**
   * The Rollout once it is in a phase for its current spec.
   * @throws Error when it has come to another end, or the story has taken too long.
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
    for await (const { type, object } of this.#lab.client.watch(path, this.signal))
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
      return await this.#lab.waitFor(object, condition, this.signal);
    } catch (cause) {
      if (!this.signal.aborted) throw cause;
      throw new Error(`${nameOf(object)} has not come to this in time: it ${what}`, { cause });
    }
  }

  /** All AnalysisRuns, the oldest first. */
  async analysisRuns(): Promise<AnalysisRun[]> {
    return (await this.#list(ARGO, 'analysisruns')) as AnalysisRun[];
  }

  /** All analyses, the oldest first. */
  async analyses(): Promise<CanaryAnalysis[]> {
    const found = await this.#list(OURS, 'canaryanalyses');
    return found as unknown as CanaryAnalysis[];
  }

  /** An analysis, the only one unless said, once a condition holds. */
  async untilAnalysis(
    what: string,
    condition: (analysis: CanaryAnalysis) => boolean,
    analysis?: CanaryAnalysis,
  ): Promise<CanaryAnalysis> {
    const { apiVersion = '', kind = '', metadata } = analysis ?? only(await this.analyses());
    const found = await this.until({ apiVersion, kind, name: metadata.name }, what, (object) =>
      condition(object as unknown as CanaryAnalysis),
    );
    return found as unknown as CanaryAnalysis;
  }

  /** Somebody changes labels or annotations of an AnalysisRun: an event by which the controller looks at it again. */
  async touch({ metadata }: AnalysisRun, change: Partial<KubeObject['metadata']>): Promise<void> {
    const path = `/apis/${ARGO}/namespaces/${this.namespace}/analysisruns/${metadata.name}`;
    await this.#lab.client.patch(path, { metadata: change });
  }

  /** Somebody deletes an AnalysisRun. */
  async remove({ metadata }: AnalysisRun): Promise<void> {
    await this.#lab.client.delete(`/apis/${ARGO}/namespaces/${this.namespace}/analysisruns/${metadata.name}`);
  }

  /** Every verdict that a watch shows from now on, told apart by analysis, verdict, reason and time. */
  watchVerdicts(): ReadonlySet<string> {
    const verdicts = new Set<string>();
    this.#follow(`/apis/${OURS}/namespaces/${this.namespace}/canaryanalyses`, (object) => {
      const { verdict, reason, completionTime } = (object as unknown as CanaryAnalysis).status ?? {};
      if (verdict !== undefined)
        verdicts.add(`${object.metadata.uid} ${verdict} ${reason} ${completionTime}`);
    });
    return verdicts;
  }

  /** Every state of the AnalysisRuns from now on, in order, with the time at which it was seen. */
  watchAnalysisRuns(): readonly { readonly at: number; readonly run: AnalysisRun }[] {
    const events: { at: number; run: AnalysisRun }[] = [];
    this.#follow(`/apis/${ARGO}/namespaces/${this.namespace}/analysisruns`, (object) =>
      events.push({ at: Date.now(), run: object as AnalysisRun }),
    );
    return events;
  }

  /** The only AnalysisRun and the only analysis; fails when there are more or none. */
  async outcome(): Promise<{ run: AnalysisRun; analysis: CanaryAnalysis }> {
    const [runs, analyses] = await Promise.all([this.analysisRuns(), this.analyses()]);
    expect(runs, 'AnalysisRuns').to.have.lengthOf(1);
    expect(analyses, 'CanaryAnalyses').to.have.lengthOf(1);
    return { run: only(runs), analysis: only(analyses) };
  }

  /** The revision that a Service leads to. */
  async selectedBy(name: string): Promise<string | undefined> {
    return selectedRevision(
      await this.#lab.client.get(`/api/v1/namespaces/${this.namespace}/services/${name}`),
    );
  }

  /** Waits until a Service leads to a revision: the controller switches it a moment after the phase. */
  async untilSelectedBy(name: string, revision: string | undefined): Promise<void> {
    await this.until({ apiVersion: 'v1', kind: 'Service', name }, `leads to ${revision}`, (object) => {
      return selectedRevision(object) === revision;
    });
  }

  /** Sends requests to every pod that listens, whatever its revision, until the story ends. */
  sendTraffic(): void {
    const { namespace, signal } = this;
    sendTraffic(this.#lab.client, namespace, {
      perSecond: REQUESTS_PER_SECOND,
      signal,
      container: this.#names.container,
    });
  }

  /** Every change of every pod. */
  watchPods() {
    return this.#lab.client.watch(`/api/v1/namespaces/${this.namespace}/pods`, this.signal);
  }

  /**
   * What holds for every story: each measurement that the plugin took up has one analysis and each analysis one
   * measurement as long as its AnalysisRun exists, the phase says what the verdict says, and nothing is waited for any more.
   */
  async eachMeasurementHasItsVerdict(): Promise<void> {
    for (const { apiVersion = '', kind = '', metadata } of await this.analyses()) {
      await this.until(
        { apiVersion, kind, name: metadata.name },
        'has a verdict and is not awaited',
        ({ metadata: { labels }, status }) =>
          (status as CanaryAnalysis['status'])?.verdict !== undefined &&
          labels?.[LABEL_AWAITED] === undefined,
      );
    }
    const runs = await this.analysisRuns();
    const measured = runs.flatMap(allMeasurements);
    const uids = new Set(runs.map(({ metadata }) => metadata.uid));
    const analyses = (await this.analyses()).filter(({ spec }) => uids.has(spec.measurement?.analysisRunUID));
    const phases = (pairs: readonly (readonly [string | undefined, string | undefined])[]) =>
      Object.fromEntries(pairs);
    expect(measured).to.have.lengthOf(analyses.length);
    expect(
      phases(measured.map((one) => [one.metadata?.['canaryAnalysis'], phaseByVerdict(one)])),
    ).to.deep.equal(
      phases(
        analyses.map(({ metadata, status }) => [
          `${metadata.namespace}/${metadata.name}`,
          status?.verdict && PHASES[status.verdict],
        ]),
      ),
    );
  }

  /** Ends traffic and watches, and takes the Rollout away, here and beside. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#beside.map((shop) => shop.close()));
    await this.#lab.client.delete(this.rolloutPath);
  }

  /** Takes the Rollout away and waits until nothing is left of it, as the garbage collector clears up. */
  async leaveNothing(): Promise<void> {
    await this.#lab.client.delete(this.rolloutPath);
    const left = async (): Promise<string[]> => {
      const lists = KEPT.map(([apiVersion, plural]) => this.#list(apiVersion, plural));
      return (await Promise.all(lists)).flat().map(({ metadata }) => metadata.name);
    };
    for (let found = await left(); found.length > 0; found = await left()) {
      if (this.signal.aborted) throw new Error(`left behind: ${found.join(', ')}`);
      await sleep(250);
    }
  }

  /** Sees every object of a collection, and again after each change, also where the API server goes away for a while. */
  #follow(path: string, onChange: (object: KubeObject) => void): void {
    void new Informer(this.#lab.client, path, { onChange, onDelete: () => undefined }).run(this.signal);
  }

  async #patchStatus(status: Record<string, unknown>): Promise<void> {
    await this.#lab.client.patch(`${this.rolloutPath}/status`, { status });
  }

  async #list(apiVersion: string, plural: string): Promise<KubeObject[]> {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const { items } = await this.#lab.client.list(`${root}/namespaces/${this.namespace}/${plural}`);
    const age = ({ metadata }: KubeObject) => `${metadata.creationTimestamp} ${metadata.name}`;
    return items.sort((a, b) => (age(a) < age(b) ? -1 : 1));
  }
}

/** Opens a shop in a new namespace. */
export async function startShop(stage: Stage, namespace: string, limit: AbortSignal): Promise<Shop> {
  await stage.lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  return new Shop(stage, namespace, limit);
}

/** The only element of a list. */
export function only<T>(list: readonly T[]): T {
  const [one, ...more] = list;
  if (one === undefined || more.length > 0) throw new Error(`${list.length} elements instead of one`);
  return one;
}

/** Where the plugin gave up on an operator that did not run, it cancelled the analysis: the next operator closes it so. */
function phaseByVerdict({ phase, metadata }: Measurement): string {
  return metadata?.['reason'] === 'OperatorNotRunning' ? PHASES.Inconclusive : phase;
}

function selectedRevision({ spec }: KubeObject): string | undefined {
  const { selector = {} } = (spec ?? {}) as { selector?: Record<string, string> };
  return selector['rollouts-pod-template-hash'];
}
