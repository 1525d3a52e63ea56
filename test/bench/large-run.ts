/**
 * An AnalysisRun of at least `bytes` bytes of JSON: its results repeated under other names, each with ten measurements
 * as a long analysis leaves them.
 */
export function largeRun(run: { readonly status?: object }, bytes: number): object {
  const measurement = (index: number) => ({
    phase: 'Successful',
    message: `measurement ${index}: no difference between stable and canary was found`,
    startedAt: '2026-03-01T12:00:00Z',
    finishedAt: '2026-03-01T12:01:00Z',
    value: '0.9',
    metadata: { canaryAnalysis: `shop/web-6ff4cd9669-3-1-logcheck-${index}-0123abcd`, uid: `uid-${index}` },
  });
  const results: object[] = [];
  const large = () => ({ ...run, status: { ...run.status, metricResults: results } });
  const size = () => Buffer.byteLength(JSON.stringify(large()));
  while (size() < bytes) {
    const measurements = Array.from({ length: 10 }, (_, index) => measurement(index));
    results.push({
      name: `metric-${results.length}`,
      phase: 'Running',
      count: 10,
      successful: 10,
      measurements,
    });
  }
  return large();
}
