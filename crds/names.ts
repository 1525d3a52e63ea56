import { createHash } from 'node:crypto';

/** DNS label limit (RFC 1123): the name also has to serve as a label value. */
const MAX_LENGTH = 63;

/**
 * The name of the CanaryAnalysis of one measurement: `<analysisrun>-<metric>-<ordinal>-<8 hex>`,
 * lower-case alphanumerics and dashes, at most 63 characters. The digest, of `UID/metric/ordinal`, keeps
 * names apart that cutting or sanitising made equal.
 */
export function analysisName(measurement: {
  analysisRun: string;
  analysisRunUID: string;
  metric: string;
  ordinal: number;
}): string {
  const { analysisRun, analysisRunUID, metric, ordinal } = measurement;
  const digest = createHash('sha256')
    .update(`${analysisRunUID}/${metric}/${ordinal}`)
    .digest('hex')
    .slice(0, 8);
  const suffix = `-${ordinal}-${digest}`;
  const stem = sanitise(`${analysisRun}-${metric}`)
    .slice(0, MAX_LENGTH - suffix.length)
    .replace(/-+$/, '');
  return `${stem === '' ? 'analysis' : stem}${suffix}`;
}

function sanitise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '');
}
