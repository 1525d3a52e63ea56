import type { Clock } from '../../crds/client/clock.ts';
import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { Logger } from '../kernel/logger.ts';
import type { ReviewRequest } from '../model.ts';
import type { Endpoints } from './endpoints.ts';
import type { Resolve } from './http.ts';
import type { ReviewLimits } from './limits.ts';
import type { Dialects } from './openai-dialect.ts';

/** Someone who reads the distilled evidence and says what it means: a model or an agent. */
export interface Reviewer {
  /** `gemini/gemini-2.0-flash-exp`, `a2a/kubernetes-agent.argo-rollouts.svc.cluster.local:8080`. */
  readonly name: string;
  /** True when it can gather evidence of its own; whether it did, for one request, stands in `Opinion.ownEvidence`. */
  readonly ownEvidence: boolean;
  /**
   * Asks for an opinion; its citations are not checked yet (`checks` is false).
   * Ends within the reviewer's own time-out.
   * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_UNAUTHORIZED`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `CONFIG_INVALID`, or `ABORTED` when the signal fired.
   */
  review(request: ReviewRequest, options: ReviewOptions): Promise<Opinion>;
}

/** How a reviewer is asked. */
export interface ReviewOptions {
  readonly signal: AbortSignal;
  /** Called with what each answer cost as soon as it is there, whatever becomes of it. */
  readonly onTokens?: (inputTokens: number, outputTokens: number) => void;
}

/** A secret and the one origin that may receive it. */
export interface Credential {
  /** `https://generativelanguage.googleapis.com`. */
  readonly origin: string;
  readonly secret: string;
}

/** Where the reviewers log: never a key, a header or a body; the redacted prompt and answer at trace. */
export type ReviewLogger = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'isEnabled'>;

/** What the operator's configuration says about reviewers. */
export interface ReviewConfig {
  readonly gemini?: {
    /** The model when the spec names none; `gemini-2.0-flash` when absent. */
    readonly model?: string;
    /** `https://generativelanguage.googleapis.com` when absent; the API version is appended. */
    readonly baseURL?: string;
  };
  readonly openAI?: {
    /** The model when the spec names none (`OPENAI_MODEL`). */
    readonly model?: string;
    /** The server when the spec names none (`OPENAI_BASE_URL`); `https://api.openai.com/v1` when absent. */
    readonly baseURL?: string;
  };
  readonly a2a?: {
    /** The agent when the spec names none (`K8S_AGENT_URL`). */
    readonly url?: string;
  };
  /** API keys and bearer tokens, each tied to one origin: keys of models, an agent's token. */
  readonly credentials?: readonly Credential[];
  /** Origins that reviewers in a spec of a namespace may point to, besides those above. */
  readonly allowedOrigins?: (namespace: string) => readonly string[];
  /** Namespaces whose Services reviewers in a spec may point to, besides the analysis' own. */
  readonly serviceNamespaces?: readonly string[];
  /** `cluster.local` when absent. */
  readonly clusterDomain?: string;
  /** What one model at one URL may use. */
  readonly limits?: ReviewLimits;
  /** Places, budgets and circuits, shared by all reviews; of its own for each reviewer when absent. */
  readonly endpoints?: Endpoints;
  /** What servers turned out not to understand, shared by all reviews; of its own for each reviewer when absent. */
  readonly dialects?: Dialects;
  /** Replaces secrets and personal data in what a reviewer says. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  /** In [0, 1): jitter of retries. */
  readonly random: () => number;
  /** A fresh unguessable word of letters and digits: fences the evidence of one request. */
  readonly nonce: () => string;
  readonly logger: ReviewLogger;
  /** Name resolution; the machine's own when absent. */
  readonly resolve?: Resolve;
}
