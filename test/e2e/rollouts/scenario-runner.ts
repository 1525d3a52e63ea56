import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, startEnvironment } from '../../lab/rollouts/environment.ts';
import { orAborted } from '../../support/promises.ts';
import { complaints, type Told, toldVerdicts } from './diagnosis.ts';
import { unusedRights } from './rights.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioGroup } from './scenario-group.ts';

/** Environments that are up at the same time; each has a control plane of its own. */
const ENVIRONMENTS_AT_ONCE = 4;
/** An environment that is not up by then, first builds included, does not come up at all. */
const ENVIRONMENT_MS = 2_400_000;
/** After so long without a finished test, a line says what is under way. */
const SILENCE_MS = 20_000;
/** As much of a title as such a line shows. */
const TITLE_LENGTH = 45;

/** What an environment left behind when its scenarios were over. */
export interface EnvironmentReport extends Told {
  readonly complaints: readonly string[];
  /** What the installation grants and nobody has made use of. */
  readonly unusedRights: readonly string[];
}

/** A group with its scenarios. */
export interface ScenarioBatch {
  readonly group: ScenarioGroup;
  readonly scenarios: readonly Scenario[];
  /** Resolves with what each environment left behind; rejects when one did not come up. */
  readonly reports: PromiseWithResolvers<readonly EnvironmentReport[]>;
}

/** Runs all batches, several at once, for most of the time a scenario waits; environments come up one after the other. */
export class ScenarioRunner {
  readonly #batches: ScenarioBatch[] = [];
  readonly #began = Date.now();
  #toldAt = Date.now();
  #isStarted = false;

  add(batch: ScenarioBatch): void {
    batch.reports.promise.catch(() => undefined);
    this.#batches.push(batch);
  }

  /** Starts, once; the batches with the longest scenarios should have been added first. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#runAll();
  }

  /** A test has told something: there is no need for a line about what is under way. */
  told(): void {
    this.#toldAt = Date.now();
  }

  async #runAll(): Promise<void> {
    const over = new AbortController();
    void this.#tellOfProgress(over.signal).catch(() => undefined);
    const running = new Set<Promise<void>>();
    for (const { group, scenarios, reports } of this.#batches) {
      const { minor, environment: options = {}, environments = 1, atOnce = 1 } = group;
      const waiting = [...scenarios];
      const coming: Promise<EnvironmentReport>[] = [];
      for (let index = 0; index < environments; index++) {
        while (running.size >= ENVIRONMENTS_AT_ONCE) await Promise.race(running);
        if (waiting.length === 0) break;
        const came = orAborted(
          startEnvironment(minor, (line) => this.#say(line), options),
          AbortSignal.timeout(ENVIRONMENT_MS),
        );
        const report = came.then((environment) => runIn(environment, atOnce, waiting));
        coming.push(report);
        const done = report.then(
          () => undefined,
          (error: unknown) => {
            for (const scenario of waiting.splice(0)) scenario.fail(error);
          },
        );
        const slot: Promise<void> = done.finally(() => running.delete(slot));
        running.add(slot);
        await came.catch(() => undefined);
      }
      Promise.all(coming).then(reports.resolve, reports.reject);
    }
    await Promise.all(running);
    over.abort();
  }

  #say(line: string): void {
    process.stdout.write(`    ${line}\n`);
    this.told();
  }

  async #tellOfProgress(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(1_000, undefined, { signal });
      if (Date.now() - this.#toldAt < SILENCE_MS) continue;
      const scenarios = this.#batches.flatMap((batch) => batch.scenarios);
      const over = scenarios.filter(({ state }) => state === 'over').length;
      const titles = scenarios.filter(({ state }) => state === 'under way').map(shortTitle);
      const after = Math.round((Date.now() - this.#began) / 1000);
      this.#say(
        `… after ${after} s ${over} of ${scenarios.length} are over; under way: ${titles.join(', ') || 'an environment is coming up'}`,
      );
    }
  }
}

function shortTitle({ title }: Scenario): string {
  return title.length > TITLE_LENGTH ? `${title.slice(0, TITLE_LENGTH - 1)}…` : title;
}

/** Runs scenarios in one environment until none waits, says what it left behind, and takes it down. */
async function runIn(
  environment: Environment,
  atOnce: number,
  waiting: Scenario[],
): Promise<EnvironmentReport> {
  let count = 0;
  const worker = async (): Promise<void> => {
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift())
      await scenario.run(environment, `scenario-${++count}`);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
    return {
      complaints: await complaints(environment),
      unusedRights: await unusedRights(environment.lab),
      ...(await toldVerdicts(environment)),
    };
  } finally {
    await environment.stop();
  }
}
