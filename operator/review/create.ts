import type { Reviewer as ReviewerSpec } from '../../crds/v1alpha1/spec.ts';
import type { ReviewConfig, Reviewer } from './reviewer.ts';

/**
 * The reviewer that one entry of `spec.reviewers` asks for.
 * Never throws: what is wrong with the entry is what `review` fails with, so that the next reviewer is asked.
 */
export function createReviewer(_spec: ReviewerSpec, _config: ReviewConfig): Reviewer {
  throw new Error('not yet');
}
