export { type AskOptions, askReviewers } from './ask.ts';
export { createReviewer } from './create.ts';
export { GEMINI_MODEL } from './gemini.ts';
export { TEXT } from './messages.ts';
export { GEMINI_URL } from './origin.ts';
export type { Credential, ReviewConfig, Reviewer, ReviewLogger } from './reviewer.ts';
