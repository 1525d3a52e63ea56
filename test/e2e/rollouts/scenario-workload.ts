import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED } from '../../../crds/v1alpha1/labels.ts';
import type { StoredMeasurement } from '../../lab/driver/model.ts';
import { Informer } from '../../lab/informer.ts';
import type { KubeObject } from '../../lab/kubernetes.ts';
import type { Environment } from '../../lab/rollouts/environment.ts';
import { type AnalysisRun, allMeasurements } from '../../lab/rollouts/objects.ts';
import { Workload } from '../../lab/rollouts/workload.ts';

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

/** A workload that a scenario is about, with what has to hold of it whatever happens. */
export class ScenarioWorkload extends Workload {
  readonly environment: Environment;
  readonly #limit: AbortSignal;
  readonly #beside: ScenarioWorkload[] = [];

  constructor(environment: Environment, namespace: string, limit: AbortSignal) {
    super(environment.lab, namespace, limit);
    this.environment = environment;
    this.#limit = limit;
  }

  /** Makes another workload for the same scenario, which closes with this one. */
  async beside(name: string): Promise<ScenarioWorkload> {
    const workload = await createWorkload(this.environment, `${this.namespace}-${name}`, this.#limit);
    this.#beside.push(workload);
    return workload;
  }

  /** This workload and those that were made beside it. */
  get all(): readonly ScenarioWorkload[] {
    return [this, ...this.#beside];
  }

  override async close(): Promise<void> {
    await Promise.allSettled(this.#beside.map((workload) => workload.close()));
    await super.close();
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

  /**
   * What holds for every scenario: each measurement that the plugin took up has one analysis and each analysis one
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

  /** Takes the Rollout away and waits until nothing is left of it, as the garbage collector clears up. */
  async leaveNothing(): Promise<void> {
    await this.lab.client.delete(this.rolloutPath);
    const left = async (): Promise<string[]> => {
      const lists = KEPT.map(([apiVersion, plural]) => this.list(apiVersion, plural));
      return (await Promise.all(lists)).flat().map(({ metadata }) => metadata.name);
    };
    for (let found = await left(); found.length > 0; found = await left()) {
      if (this.signal.aborted) throw new Error(`left behind: ${found.join(', ')}`);
      await sleep(250);
    }
  }

  /** Sees every object of a collection, and again after each change, also where the API server goes away for a while. */
  #follow(path: string, onChange: (object: KubeObject) => void): void {
    void new Informer(this.lab.client, path, { onChange, onDelete: () => undefined }).run(this.signal);
  }
}

/** Makes a workload and its namespace. */
export async function createWorkload(
  environment: Environment,
  namespace: string,
  limit: AbortSignal,
): Promise<ScenarioWorkload> {
  const workload = new ScenarioWorkload(environment, namespace, limit);
  await workload.createNamespace();
  return workload;
}

/** Where the plugin gave up on an operator that did not run, it cancelled the analysis: the next operator closes it so. */
function phaseByVerdict({ phase, metadata }: StoredMeasurement): string {
  return metadata?.['reason'] === 'OperatorNotRunning' ? PHASES.Inconclusive : phase;
}
