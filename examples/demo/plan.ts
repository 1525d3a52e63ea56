import { NAMESPACE } from './canaries.ts';

/** Where the analyses are, for a list. */
export const ANALYSES = `/apis/metric-ai.argoproj-labs.io/v1alpha1/namespaces/${NAMESPACE}/canaryanalyses`;

/** Requests a second over all services; a canary pod gets as much as a stable one. */
export const REQUESTS_PER_SECOND = 120;

/** Traffic before the canaries are judged, so that there is something to compare with. */
export const WARM_UP_MS = 4_000;

/** After this long without verdicts something is broken. */
export const LIMIT_MS = 120_000;
