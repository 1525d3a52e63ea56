import type { AssessmentName } from '../../../crds/v1alpha1/status.ts';
import type { Finding } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import type { Power } from '../power.ts';

/** Everything the policies look at. */
export interface State {
  readonly input: JudgeInput;
  readonly comparison: Comparison;
  readonly findings: readonly Finding[];
  readonly power: Power;
}

/** What a policy that holds says. */
export interface Holding {
  readonly assessment: AssessmentName;
  readonly message: string;
  /** 0–100. */
  readonly confidence: number;
}

/** One pure check; undefined where it does not hold. */
export type Policy = (state: State) => Holding | undefined;
