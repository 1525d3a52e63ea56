export { hideSecrets } from './hide.ts';
export { KeyBlock } from './key-block.ts';
export { createRedactor, type Redactor, type RedactorOptions, type Secret, UNCHECKED } from './redactor.ts';
export type { RedactionRule } from './rule.ts';
