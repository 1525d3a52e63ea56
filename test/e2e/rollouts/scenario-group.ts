import type { RolloutsMinor } from '../../lab/control-plane/programs.ts';
import type { EnvironmentOptions } from '../../lab/rollouts/environment.ts';
import type { ScenarioBody } from './scenario.ts';

/** Registers a scenario as a test, which may take `limitMs`, else four minutes. */
export type AddScenario = (title: string, body: ScenarioBody, limitMs?: number) => void;

/** What some scenarios prove together, and what registers them. */
export type Section = readonly [proves: string, register: (scenario: AddScenario) => void];

/** Scenarios that need environments of one kind. */
export interface ScenarioGroup {
  readonly title: string;
  readonly minor: RolloutsMinor;
  readonly sections: readonly Section[];
  readonly environment?: EnvironmentOptions;
  /** How many environments share the scenarios; 1 when absent. */
  readonly environments?: number;
  /** How many scenarios run in one environment at the same time; 1 when absent. */
  readonly atOnce?: number;
  /** Whether its scenarios, all of them in one environment, need every right that the installation grants. */
  readonly usesAllRights?: boolean;
  /** Errors may be logged, and a process that was killed may have told less than it did. */
  readonly faults?: boolean;
}
