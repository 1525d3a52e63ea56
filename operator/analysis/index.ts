export type { Timings } from './deps.ts';
export { createOperator, type Lead, type Operator, type OperatorOptions } from './operator.ts';
