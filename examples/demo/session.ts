import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';

/** What a demonstration is given: a voice, the news that it is to stop, and a place for what has to be ended after it. */
export interface Session {
  /** Prints a line with the seconds since the start. */
  say(text: string): void;
  /** Fires when somebody stops the demo. */
  readonly signal: AbortSignal;
  /** Has something ended with the demo, the last of them first, however it ends. */
  ending(end: () => Promise<unknown>): void;
}

/** What came of a demonstration. */
export interface Outcome {
  /** What kubectl shows in the end: commands with their output. */
  readonly shown: readonly string[];
  readonly analyses: readonly CanaryAnalysis[];
  /** What should have come otherwise, a sentence each; besides the verdicts, which {@link Outcome.analyses} tells. */
  readonly wrong: readonly string[];
}

/** Something that has to be installed before the demo can run; the message says what. */
export class MissingProgram extends Error {
  override readonly name = 'MissingProgram';
}
