import { CodedError } from '../../crds/errors.ts';

/**
 * The error `REVIEWER_UNAVAILABLE` of someone who did answer: that this request is refused, or that this work failed. Another
 * request may fare better, so that it says nothing about who is asked.
 */
export class AnsweredError extends CodedError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('REVIEWER_UNAVAILABLE', message, options);
  }
}
