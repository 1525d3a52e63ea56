/** What reviewers may use; each holds for one model at one URL, or one agent. */
export interface ReviewLimits {
  /** Requests at the same time. 8 when absent. */
  readonly concurrency?: number;
  /** Tokens of a whole prompt at most, as estimated: the evidence gives way. 16000 when absent. */
  readonly maxPromptTokens?: number;
  /** Tokens that a model may answer with. 8192 when absent. */
  readonly maxOutputTokens?: number;
  /** Tokens of prompts and answers for each minute. No limit when absent. */
  readonly tokensPerMinute?: number;
  /** Failures in a row after which nobody is asked for a while. 5 when absent. */
  readonly circuitFailures?: number;
  /** How long that while is, seconds. 30 when absent. */
  readonly circuitSeconds?: number;
}

const DEFAULTS = {
  concurrency: 8,
  maxPromptTokens: 16_000,
  maxOutputTokens: 8192,
  circuitFailures: 5,
  circuitSeconds: 30,
} as const;

/** The limits with their defaults. */
export function withDefaults(
  limits: ReviewLimits = {},
): ReviewLimits & Required<Omit<ReviewLimits, 'tokensPerMinute'>> {
  return { ...DEFAULTS, ...limits };
}
