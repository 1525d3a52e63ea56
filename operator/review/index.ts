export { type AskOptions, askReviewers } from './ask.ts';
export { createReviewer } from './create.ts';
export { type CircuitCount, Endpoints } from './endpoints.ts';
export { GEMINI_MODEL } from './gemini.ts';
export { TEXT } from './messages.ts';
export { Dialects } from './openai-dialect.ts';
export { GEMINI_URL, OPENAI_URL } from './origin.ts';
export type { Credential, ReviewConfig, Reviewer, ReviewLogger } from './reviewer.ts';
