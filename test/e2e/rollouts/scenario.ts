import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../lab/rollouts/environment.ts';
import { diagnose } from './diagnosis.ts';
import { createWorkload, type ScenarioWorkload } from './scenario-workload.ts';

/** What a scenario's own waits may take to end, once its time is up, and to say what for. */
const LAST_WORDS_MS = 5_000;
/** What a cluster may take to tell how things are after a failure, and to clear up. */
const CLUSTER_MS = 30_000;

/** What one test does to a Rollout and asserts of it. */
export type ScenarioBody = (workload: ScenarioWorkload) => Promise<void>;

/** What came of a scenario. */
export interface ScenarioResult {
  readonly seconds: number;
  readonly failure?: { readonly error: unknown; readonly diagnosis: string };
}

/** One test: it has a namespace of its own and has to end within `limitMs`. */
export class Scenario {
  readonly title: string;
  readonly #body: ScenarioBody;
  readonly #limitMs: number;
  readonly #ended = Promise.withResolvers<ScenarioResult>();
  #state: 'waiting' | 'under way' | 'over' = 'waiting';

  constructor(title: string, body: ScenarioBody, limitMs: number) {
    this.title = title;
    this.#body = body;
    this.#limitMs = limitMs;
  }

  get state(): 'waiting' | 'under way' | 'over' {
    return this.#state;
  }

  /** Resolves when it is over, however it ended. */
  get ended(): Promise<ScenarioResult> {
    return this.#ended.promise;
  }

  /** Ends it as failed before it has begun: there is no environment to run it in. */
  fail(error: unknown): void {
    this.#end({ seconds: 0, failure: { error, diagnosis: '' } });
  }

  /** Runs it to its end, with a diagnosis where it fails, and takes its Rollouts away. */
  async run(environment: Environment, namespace: string): Promise<void> {
    this.#state = 'under way';
    const startedAt = Date.now();
    const limit = AbortSignal.timeout(this.#limitMs);
    let failure: ScenarioResult['failure'];
    let workload: ScenarioWorkload | undefined;
    const work = async (): Promise<void> => {
      workload = await createWorkload(environment, namespace, limit);
      await this.#body(workload);
      for (const one of workload.all) await one.eachMeasurementHasItsVerdict();
    };
    try {
      await endsWithin(work(), limit, `the scenario has not ended in ${this.#limitMs / 1000} s`);
    } catch (error) {
      failure = { error, diagnosis: await diagnoseAll(environment, workload) };
    }
    const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
    await giveUpAfter(
      workload?.close().catch(() => undefined),
      undefined,
    );
    this.#end({ seconds, ...(failure === undefined ? {} : { failure }) });
  }

  #end(result: ScenarioResult): void {
    this.#state = 'over';
    this.#ended.resolve(result);
  }
}

/** Rejects a moment after the signal at the latest: what listens to it has said by then, and better, what it missed. */
async function endsWithin(work: Promise<void>, signal: AbortSignal, complaint: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const onAbort = () => void setTimeout(() => late.reject(new Error(complaint)), LAST_WORDS_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function diagnoseAll(
  environment: Environment,
  workload: ScenarioWorkload | undefined,
): Promise<string> {
  const diagnoses = (workload?.all ?? []).map((one) => diagnose(environment, one.namespace));
  const diagnosis = Promise.all(diagnoses).then(
    (parts) => parts.join(''),
    (cause: unknown) => `no diagnosis: ${cause}\n`,
  );
  return await giveUpAfter(diagnosis, 'no diagnosis: the cluster does not answer\n');
}

/** What the cluster, which may be the one that hangs, answers in time; else `otherwise`. */
function giveUpAfter<T>(answer: Promise<T> | undefined, otherwise: T): Promise<T> {
  const late = sleep(CLUSTER_MS, otherwise, { ref: false });
  return Promise.race([answer ?? otherwise, late]);
}
