import { OF_A_FACT } from './confidence.ts';
import type { Policy } from './state.ts';
import { strongest } from './strongest.ts';

/** A fact that ends every discussion. */
export const blocking: Policy = ({ findings }) => strongest('Blocking', findings, OF_A_FACT);
