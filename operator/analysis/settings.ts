import type { CanaryAnalysisSpec, GitHubReport, Reviewer } from '../../crds/v1alpha1/spec.ts';
import type { Effective } from '../../crds/v1alpha1/status.ts';
import type { OperatorConfig } from '../config/types.ts';
import { DEFAULT_READ_LIMITS, type ReadLimits } from '../evidence/index.ts';
import { BUILT_IN_POLICY } from '../judge/index.ts';
import type { EffectivePolicy } from '../model.ts';

/** Everything that one analysis goes by: spec, then the operator's configuration, then the built-in values. */
export interface Settings {
  readonly lookbackMs: number;
  readonly waitMs: number;
  /** Percent. */
  readonly minPower: number;
  readonly timeoutMs: number;
  readonly ttlMs: number;
  readonly limits: ReadLimits;
  readonly maxTemplates: number;
  readonly policy: EffectivePolicy;
  readonly reviewers: readonly Reviewer[];
  readonly gitHub?: GitHubReport & {
    readonly issue: NonNullable<GitHubReport['issue']>;
    readonly pullRequest: boolean;
  };
}

const BUILT_IN = {
  lookbackSeconds: 600,
  waitSeconds: 60,
  minPower: 80,
  timeoutSeconds: 600,
  ttlSecondsAfterFinished: 30 * 24 * 3600,
  maxTemplates: 5000,
} as const;

/** Puts spec, configuration and built-in values together. */
export function settingsOf(spec: CanaryAnalysisSpec, config: OperatorConfig): Settings {
  const { defaults = {} } = config;
  const observation = { ...defaults.observation, ...spec.observation };
  const evidence = { ...defaults.evidence, ...spec.evidence };
  const seconds = (value: number): number => value * 1000;
  return {
    lookbackMs: seconds(observation.lookbackSeconds ?? BUILT_IN.lookbackSeconds),
    waitMs: seconds(observation.waitSeconds ?? BUILT_IN.waitSeconds),
    minPower: observation.minPower ?? BUILT_IN.minPower,
    timeoutMs: seconds(spec.timeoutSeconds ?? defaults.timeoutSeconds ?? BUILT_IN.timeoutSeconds),
    ttlMs: seconds(
      spec.ttlSecondsAfterFinished ?? defaults.ttlSecondsAfterFinished ?? BUILT_IN.ttlSecondsAfterFinished,
    ),
    limits: {
      maxBytesPerContainer: evidence.maxBytesPerContainer ?? DEFAULT_READ_LIMITS.maxBytesPerContainer,
      maxPods: evidence.maxPods ?? DEFAULT_READ_LIMITS.maxPods,
      maxContainers: evidence.maxContainers ?? DEFAULT_READ_LIMITS.maxContainers,
    },
    maxTemplates: evidence.maxTemplates ?? BUILT_IN.maxTemplates,
    policy: { ...BUILT_IN_POLICY, ...defaults.policy, ...spec.policy },
    reviewers: spec.reviewers ?? config.reviewers?.default ?? [],
    ...(spec.gitHub === undefined
      ? {}
      : {
          gitHub: {
            ...spec.gitHub,
            issue: spec.gitHub.issue ?? 'OnAbort',
            pullRequest: spec.gitHub.pullRequest ?? config.gitHub?.pullRequest ?? false,
          },
        }),
  };
}

/** The settings as `status.effective` shows them. */
export function effectiveOf(settings: Settings, reviewers: readonly string[]): Effective {
  return {
    lookbackSeconds: settings.lookbackMs / 1000,
    waitSeconds: settings.waitMs / 1000,
    minPower: settings.minPower,
    timeoutSeconds: settings.timeoutMs / 1000,
    policy: settings.policy,
    reviewers: reviewers.map((name) => name.slice(0, 253)).slice(0, 8),
  };
}
