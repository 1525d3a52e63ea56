import type { FailedAttempt } from './retry.ts';

/** One turn of a conversation with a model. */
export interface Turn {
  readonly role: 'user' | 'model';
  readonly text: string;
}

/** What a model said. */
export interface Said {
  readonly text: string;
  /** `SAFETY`, `content_filter`, …; absent when it ended as it should, {@link CUT_OFF} at the limit of its length. */
  readonly endedBy?: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** `Said.endedBy` of an answer that was cut at the limit of its length. */
export const CUT_OFF = 'MAX_TOKENS';

/** A model behind some interface, ready to be asked: its URL is vetted, its credential found. */
export interface Model {
  /** Identifies the model at its URL: what fails here need not fail elsewhere. */
  readonly endpoint: string;
  /** Asks once. Failures come back as values; only what ends the review at once is thrown. */
  ask(question: Question): Promise<{ readonly value: Said } | FailedAttempt>;
}

/** What a model is asked at one time. */
export interface Question {
  /** The system instruction. */
  readonly system: string;
  readonly turns: readonly Turn[];
  /** The answer may not be longer. */
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
}

/** A count as the other side states it; 0 for anything that is none. */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
