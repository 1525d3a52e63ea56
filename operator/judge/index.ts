export { assess } from './assess.ts';
export { checkCitations } from './citations.ts';
export { decide } from './decide.ts';
export type { JudgeInput } from './input.ts';
