import type { Distilled, Evidence } from '../model.ts';

/** Everything the judge may know. */
export interface JudgeInput {
  readonly evidence: Evidence;
  readonly distilled: Distilled;
  /** Percent; below it silence does not count as health. */
  readonly minPower: number;
  /** Which look at this revision this is, counted from 1: later looks are tested more strictly. */
  readonly look: number;
}
