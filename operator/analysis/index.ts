export type { Timings } from './deps.ts';
export { createOperator, type Operator, type OperatorOptions } from './operator.ts';
