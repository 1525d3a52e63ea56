export { AnalysisController, type AnalysisControllerOptions } from './analysis-controller.ts';
export { type ConfigMapObject, DEFAULT_TIMINGS, type Deps, type Timings } from './deps.ts';
export { Gate } from './gate.ts';
export { StatusWriter } from './status-writer.ts';
