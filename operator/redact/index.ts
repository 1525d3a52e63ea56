export { createRedactor, type Redactor, type RedactorOptions } from './redactor.ts';
export type { RedactionRule } from './rules.ts';
