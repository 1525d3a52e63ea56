import type { Verdict } from '../../crds/v1alpha1/status.ts';
import type { Folder } from '../../operator/bundle/index.ts';

/** A bundle and the truth about it. */
export interface Case {
  readonly name: string;
  readonly class: string;
  /** The verdicts that are right; empty where the class is only measured. */
  readonly expected: readonly Verdict[];
  readonly bundle: Folder;
  /** Which look at the revision it is, from 1; 1 when absent. */
  readonly look?: number;
  /** Ranges of lines of the canary's log that show the fault, one text an annotator. */
  readonly errorLines?: readonly string[];
  /** The same case without what was put in to mislead: its verdict must be the same. */
  readonly twin?: Folder;
}
