import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { Strength } from '../strength.ts';

/** The severity of a comparison of errors. */
export function severityOf(strength: Strength): Severity {
  if (strength === 'regressed') return 'Regressed';
  return strength === 'suspicious' ? 'Suspicious' : 'Info';
}
