export { assess } from './assess.ts';
export { BUILT_IN_POLICY } from './built-in-policy.ts';
export { checkCitations } from './citations.ts';
export { coverageOf } from './coverage.ts';
export { decide } from './decide.ts';
export { FINDING_KINDS } from './findings/index.ts';
export type { JudgeInput } from './input.ts';
export { endsObservation, nextLookAfter } from './looks.ts';
