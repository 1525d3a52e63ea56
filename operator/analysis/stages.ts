import type { Distilled, Evidence } from '../model.ts';

/** Replaces secrets and personal data, and counts what it replaced. */
export interface Redactor {
  redact(text: string): string;
  readonly count: number;
}

/** The evidence of one analysis in the form that is stored. */
export interface StoredEvidence {
  readonly evidence: Evidence;
  readonly distilled: Distilled;
}
