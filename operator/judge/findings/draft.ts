import type { Finding } from '../../model.ts';

/** A finding before its place among the others, and with it its id, is known. */
export type Draft = Omit<Finding, 'id'>;
