import type { Opinion } from '../../crds/v1alpha1/status.ts';
import type { Assessed, Finding } from '../model.ts';

/** Kinds of suspicion that an agent with evidence of its own may answer by its word. */
const WARNINGS: ReadonlySet<string> = new Set(['NewWarning']);

/**
 * Kinds that no reviewer answers: a flood of records that both sides have is in the measure of work itself, so that every
 * rate a reviewer is shown beside it may be too low; of a whole log that is too large nothing can be quoted, nor of work that stopped.
 */
const UNANSWERABLE: ReadonlySet<string> = new Set(['LogFlood', 'VolumeAnomaly', 'WorkStopped']);

/**
 * Whether a Promote answers every suspicious finding: by a citation of it, or of its template, that checks;
 * an agent with evidence of its own answers warnings by its word. A flood, a log too large, and work that stopped, is not answered at all.
 */
export function isAnswered({ findings }: Assessed, opinion: Opinion): boolean {
  const cited = new Set((opinion.citations ?? []).filter(({ checks }) => checks).map(({ id }) => id));
  const answers = ({ id, templateId, kind }: Finding) =>
    !UNANSWERABLE.has(kind) &&
    (cited.has(id) ||
      (templateId !== undefined && cited.has(templateId)) ||
      (opinion.ownEvidence === true && WARNINGS.has(kind)));
  return findings.filter(({ severity }) => severity === 'Suspicious').every(answers);
}
