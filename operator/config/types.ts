import type { EvidenceLimits, HttpUrl, Observation, Policy, Reviewer } from '../../crds/v1alpha1/spec.ts';

/** What an analysis gets where its spec is silent. */
export interface AnalysisDefaults {
  observation?: Observation;
  evidence?: EvidenceLimits;
  policy?: Policy;
  /**
   * When the operator decides with what it has, in seconds from creation. 600 when unset.
   * @minimum 10
   * @maximum 7200
   */
  timeoutSeconds?: number;
  /**
   * How long a finished analysis is kept, in seconds. 2592000 (30 days) when unset.
   * @minimum 0
   * @maximum 31536000
   */
  ttlSecondsAfterFinished?: number;
}

/** Gemini, for reviewers that name no model. */
export interface GeminiConfig {
  /**
   * `gemini-2.0-flash` when unset.
   * @minLength 1
   * @maxLength 128
   */
  model?: string;
  /** `https://generativelanguage.googleapis.com` when unset. `GOOGLE_API_KEY` goes there and nowhere else. */
  baseURL?: HttpUrl;
}

/** An OpenAI-compatible server, for reviewers that name none. */
export interface OpenAIConfig {
  /**
   * The model (`OPENAI_MODEL`); a reviewer has to name one when unset.
   * @minLength 1
   * @maxLength 128
   */
  model?: string;
  /** The server (`OPENAI_BASE_URL`); `https://api.openai.com/v1` when unset. `OPENAI_API_KEY` goes there and nowhere else. */
  baseURL?: HttpUrl;
}

/** What reviewers may use; each limit holds for one model at one URL, or one agent. */
export interface ReviewLimitsConfig {
  /**
   * Requests at the same time; the others wait within their reviewer's time. 8 when unset.
   * @minimum 1
   * @maximum 64
   */
  concurrency?: number;
  /**
   * Tokens of a whole prompt at most, as estimated; of the evidence less is shown then. 16000 when unset.
   * @minimum 2000
   * @maximum 1000000
   */
  maxPromptTokens?: number;
  /**
   * Tokens that a model may answer with, its thoughts included. 8192 when unset.
   * @minimum 512
   * @maximum 131072
   */
  maxOutputTokens?: number;
  /**
   * Tokens of prompts and answers for each minute; who needs more waits within their reviewer's time. No limit when unset.
   * @minimum 1000
   * @maximum 1000000000
   */
  tokensPerMinute?: number;
  /**
   * Requests that failed in a row, each after its own retries, after which nobody is asked for a while. 5 when unset.
   * @minimum 1
   * @maximum 100
   */
  circuitFailures?: number;
  /**
   * How long that while is, in seconds; then one request finds out. 30 when unset.
   * @minimum 1
   * @maximum 3600
   */
  circuitSeconds?: number;
}

/** The agent, for reviewers that name none. */
export interface A2AConfig {
  /** The agent (`K8S_AGENT_URL`); `http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080` when unset. */
  url?: HttpUrl;
}

/** Who reviews, and where reviewers may be. */
export interface ReviewersConfig {
  /**
   * The reviewers of an analysis that names none, in fallback order. None when unset.
   * @maxItems 8
   */
  default?: Reviewer[];
  gemini?: GeminiConfig;
  openAI?: OpenAIConfig;
  a2a?: A2AConfig;
  limits?: ReviewLimitsConfig;
  /**
   * Origins that a spec's reviewers may point to, besides the configured ones.
   * @maxItems 64
   */
  allowedOrigins?: HttpUrl[];
  /**
   * Namespaces whose Services a spec's reviewers may point to, besides the analysis' own. `argo-rollouts` when unset.
   * @maxItems 64
   */
  serviceNamespaces?: NamespaceName[];
  /**
   * The cluster's DNS domain. `cluster.local` when unset.
   * @maxLength 253
   */
  clusterDomain?: string;
}

/** GitHub, for issues and pull requests. */
export interface GitHubConfig {
  /** The GitHub that `GITHUB_TOKEN` belongs to. `https://github.com` when unset. */
  webURL?: HttpUrl;
  /** Where its API is. `https://api.github.com`, or `/api/v3` of an own GitHub, when unset. */
  apiURL?: HttpUrl;
  /**
   * Repositories that may be reported to, `owner/name` or `owner/*`. Whatever the token reaches when unset.
   * @maxItems 256
   */
  allowedRepositories?: RepositoryPattern[];
  /** Whether to propose fixes as pull requests (`AUTO_PR_ENABLED`). False when unset. */
  pullRequest?: boolean;
  /**
   * Folders of a repository whose files a proposed fix may change; `.` is all of it, `.github` never. None when unset: then
   * every fix becomes a file in words for a person.
   * @maxItems 64
   */
  pullRequestPaths?: RepositoryPath[];
}

/**
 * `owner/name` or `owner/*`.
 * @maxLength 200
 * @pattern ^[A-Za-z0-9][A-Za-z0-9_-]*\/([A-Za-z0-9._-]+|\*)$
 */
export type RepositoryPattern = string;

/**
 * A folder of a repository, relative to its root.
 * @minLength 1
 * @maxLength 256
 */
export type RepositoryPath = string;

/**
 * The name of a namespace.
 * @maxLength 63
 * @pattern ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$
 */
export type NamespaceName = string;

/**
 * A secret that one origin may receive; exactly one of `env` and `file` says where it is.
 * @exactlyOneOf env,file
 */
export interface CredentialSource {
  /** The only origin it is sent to, e.g. `https://agent.example.com`. */
  origin: HttpUrl;
  /**
   * The environment variable that holds it.
   * @pattern ^[A-Za-z_][A-Za-z0-9_]*$
   * @maxLength 256
   */
  env?: string;
  /**
   * The file that holds it, e.g. of a mounted Secret.
   * @minLength 1
   * @maxLength 4096
   */
  file?: string;
}

/** What the analyses of some namespaces may reach, instead of what all may. */
export interface NamespaceAllowance {
  /**
   * The namespaces that it holds for; of several entries for one namespace the first counts.
   * @minItems 1
   * @maxItems 256
   */
  namespaces: NamespaceName[];
  /**
   * Instead of `reviewers.allowedOrigins`; an empty list allows the configured origins and Services alone.
   * @maxItems 64
   */
  reviewerOrigins?: HttpUrl[];
  /**
   * Instead of `gitHub.allowedRepositories`; an empty list allows none.
   * @maxItems 256
   */
  repositories?: RepositoryPattern[];
}

/** How logs are read. */
export interface LogsConfig {
  /**
   * Logs of one analysis read at a time. 4 when unset.
   * @minimum 1
   * @maximum 64
   */
  concurrency?: number;
  /**
   * How long the answer may take to begin, in seconds. 10 when unset.
   * @minimum 1
   * @maximum 600
   */
  headSeconds?: number;
  /**
   * How long the answer may pause, in seconds. 10 when unset.
   * @minimum 1
   * @maximum 600
   */
  idleSeconds?: number;
  /**
   * How long one log may take in all, in seconds. 120 when unset.
   * @minimum 1
   * @maximum 3600
   */
  totalSeconds?: number;
}

/** What is kept of finished analyses. */
export interface HistoryConfig {
  /**
   * Finished analyses kept for each Rollout, the newest. 50 when unset.
   * @minimum 1
   * @maximum 10000
   */
  perRollout?: number;
  /**
   * How long stored evidence is kept, in seconds. 604800 (7 days) when unset.
   * @minimum 60
   * @maximum 31536000
   */
  evidenceSeconds?: number;
}

/** Where `/healthz` and `/readyz` are served. */
export interface HealthConfig {
  /**
   * Every interface when unset.
   * @maxLength 253
   */
  address?: string;
  /**
   * 8081 when unset; 0 takes any free port.
   * @minimum 0
   * @maximum 65535
   */
  port?: number;
}

/** Where `/metrics` is served. */
export interface MetricsConfig {
  /**
   * Every interface when unset.
   * @maxLength 253
   */
  address?: string;
  /**
   * 8080 when unset; 0 takes any free port.
   * @minimum 0
   * @maximum 65535
   */
  port?: number;
}

/** The operator's configuration file. Flags and the documented environment variables win over it, an analysis' spec wins over all. */
export interface OperatorConfig {
  /** `LOG_LEVEL`; debug shows sizes, hashes and timings, trace the redacted prompt and answer. `info` when unset. */
  logLevel?: 'panic' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /**
   * The namespaces that are watched. All when unset.
   * @minItems 1
   * @maxItems 256
   */
  namespaces?: NamespaceName[];
  /**
   * Analyses that read and distil logs at the same time. 2 when unset.
   * @minimum 1
   * @maximum 64
   */
  workers?: number;
  defaults?: AnalysisDefaults;
  reviewers?: ReviewersConfig;
  gitHub?: GitHubConfig;
  /**
   * Secrets besides those of the documented environment variables, each tied to one origin.
   * @maxItems 64
   */
  credentials?: CredentialSource[];
  /**
   * What the analyses of some namespaces may reach, instead of what all may.
   * @maxItems 256
   */
  allowances?: NamespaceAllowance[];
  logs?: LogsConfig;
  history?: HistoryConfig;
  health?: HealthConfig;
  metrics?: MetricsConfig;
}
