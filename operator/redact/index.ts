export { createRedactor, type Redactor, type RedactorOptions, type Secret } from './redactor.ts';
export type { RedactionRule } from './rule.ts';
