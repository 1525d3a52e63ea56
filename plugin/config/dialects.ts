import type {
  CanarySelector,
  EvidenceLimits,
  GitHubReport,
  Observation,
  Policy,
  Reviewer,
  StableSelector,
} from '../../crds/v1alpha1/spec.ts';

/** What a configuration speaks: the fields of one earlier plugin, this project's own, or nothing but the operator's defaults. */
export type Dialect = 'v0' | 'v1' | 'native' | 'default';

/** The fields of the first metric-ai plugin, which called Gemini itself or an agent. An empty string counts as absent. */
export interface V0Config {
  /** Gemini model, e.g. `gemini-2.0-flash-exp`; the operator's own when absent. */
  model?: string;
  /** `default` asks the model; `agent` asks the operator's agent first and the model when the agent gives no answer. */
  analysisMode?: 'default' | 'agent';
  /** Label selector that narrows the stable pods. */
  stablePodLabel?: string;
  /** Label selector that narrows the canary pods. */
  canaryPodLabel?: string;
  /** The AnalysisRun's own namespace; agent mode needs it. */
  namespace?: string;
  /** A pod to name to the agent; agent mode needs it. */
  podName?: string;
}

/** The fields of the second metric-ai plugin, which left everything to an agent. An empty string counts as absent. */
export interface V1Config {
  /** Where the agent lives. A host of one label is a Service in the Rollouts controller's namespace. */
  agentUrl?: string;
  /** Label selector that narrows the stable pods. */
  stableLabel?: string;
  /** Label selector that narrows the canary pods. */
  canaryLabel?: string;
}

/** The fields of the Chaos Mesh plugin. */
export interface ChaosConfig {
  /** The experiment, a Chaos Mesh object as YAML. */
  chaosExperimentCRD?: string;
  /** Label that tells the pods under experiment, e.g. `rollouts-pod-template-hash`. */
  targetReplicaSetLabel?: string;
  /** Value of that label. */
  targetReplicaSetValue?: string;
  /** URL of the Chaos Mesh API; the cluster's own when absent. */
  chaosMeshEndpoint?: string;
  /** How long the experiment may take, as a Go duration; `5m` when absent. */
  timeout?: string;
  /** Whether the experiment is deleted afterwards; true when absent. */
  cleanupOnFinish?: boolean;
}

/** The fields that belong to every dialect since the earlier plugins. An empty string counts as absent. */
export interface CommonConfig {
  /** The repository where a failed canary is reported. */
  githubUrl?: string;
  /** The branch a pull request is made against. */
  baseBranch?: string;
  /** The owner's own words to every reviewer. */
  extraPrompt?: string;
}

/** The fields of the CanaryAnalysis' own spec that may stand beside any dialect, and win over it. */
export interface NativeConfig {
  stable?: StableSelector;
  canary?: CanarySelector;
  observation?: Observation;
  evidence?: EvidenceLimits;
  reviewers?: Reviewer[];
  policy?: Policy;
  /** `url` may come from `githubUrl`. */
  gitHub?: Partial<GitHubReport>;
  timeoutSeconds?: number;
  ttlSecondsAfterFinished?: number;
}
