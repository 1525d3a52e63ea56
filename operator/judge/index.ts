export { assess } from './assess.ts';
export { checkCitations } from './citations.ts';
export { decide } from './decide.ts';
export { FINDING_KINDS } from './findings/index.ts';
export type { JudgeInput } from './input.ts';
