import { CodedError, type ErrorCode, isCoded } from '../../crds/errors.ts';
import type { Reason } from '../../crds/reasons.ts';
import type { Decision } from '../model.ts';
import { closing } from './closing.ts';

/** Which reason an error becomes when trying again is over. */
const REASON_OF: Partial<Record<ErrorCode, Reason>> = {
  SELECTOR_INVALID: 'InvalidSelector',
  SELECTOR_EMPTY: 'SelectorFindsNothing',
  SUBJECT_UNRESOLVED: 'SubjectUnresolved',
  SAME_REVISION: 'SameRevision',
  SUPERSEDED: 'Superseded',
};

/** The reason of an error that keeps an analysis from its evidence. */
export function reasonOf(error: unknown): Reason {
  return (isCoded(error) ? REASON_OF[error.code] : undefined) ?? 'EvidenceUnreadable';
}

/** The verdict of an analysis that could not come by its evidence. */
export function failureDecision(error: unknown, redact: (text: string) => string): Decision {
  const reason = reasonOf(error);
  const message = redact(error instanceof Error ? error.message : String(error));
  if (reason === 'Superseded') return closing(reason, sentence(message));
  return { verdict: 'Error', reason, message: sentence(message), confidence: 0 };
}

/** A verdict that was reached on the way: it ends the work. */
export class Decided extends CodedError {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super('ABORTED', decision.message);
    this.decision = decision;
  }
}

function sentence(text: string): string {
  const upper = /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(upper) ? upper : `${upper}.`;
}
