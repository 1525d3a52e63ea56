export { type AskOptions, askReviewers } from './ask.ts';
export { createReviewer } from './create.ts';
export { TEXT } from './messages.ts';
export type { Credential, ReviewConfig, Reviewer, ReviewLogger } from './reviewer.ts';
