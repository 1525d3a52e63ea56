export { createDistiller, type Distiller, type DistillerOptions } from './distiller.ts';
