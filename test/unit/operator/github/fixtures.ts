import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus, SideCoverage } from '../../../../crds/v1alpha1/status.ts';
import { type Report, reportOf } from '../../../../operator/github/index.ts';

const side: SideCoverage = {
  podsFound: 2,
  podsRead: 2,
  podsReady: 2,
  containers: 2,
  lines: 900,
  bytes: 90_000,
  exposure: 800,
};

/** An aborted analysis that names a repository. */
export function abortedAnalysis(
  overrides: {
    readonly status?: Partial<CanaryAnalysisStatus>;
    readonly url?: string;
    readonly uid?: string;
    readonly rolloutUID?: string;
  } = {},
): CanaryAnalysis {
  return {
    metadata: {
      name: 'web-abc-2-logs-1-0123abcd',
      namespace: 'shop',
      uid: overrides.uid ?? '11111111-2222-3333-4444-555555555555',
      creationTimestamp: '2026-01-01T12:00:00Z',
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Rollout',
          name: 'web',
          uid: overrides.rolloutUID ?? '22222222-3333-4444-5555-666666666666',
        },
      ],
    },
    spec: {
      gitHub: { url: overrides.url ?? 'https://github.com/acme/shop' },
      measurement: { analysisRun: 'web-abc-2', analysisRunUID: 'run-uid', metric: 'logs', ordinal: 1 },
    },
    status: {
      rollout: 'web',
      verdict: 'Abort',
      reason: 'Regression',
      message: 'canary logs "connection refused" 40 times, stable never',
      confidence: 97,
      completionTime: '2026-01-01T12:03:00Z',
      assessment: 'Regressed',
      stableHash: '6499d5bbb9',
      canaryHash: '785bb66569',
      findings: [
        {
          id: 'F1',
          kind: 'NovelError',
          severity: 'Regressed',
          message: 'connection to <*> refused: 40 on canary, never on stable',
          template: 'connection to <*> refused',
          stableCount: 0,
          canaryCount: 40,
          samples: ['connection to db:5432 refused, password hunter2'],
        },
      ],
      coverage: { stable: side, canary: side, power: 92, gaps: ['one log was rotated'] },
      opinions: [
        {
          reviewer: 'gemini/gemini-2.0-flash-exp',
          verdict: 'Abort',
          confidence: 90,
          summary: 'The database is gone.',
          remediation: 'Set DB_HOST back.',
        },
      ],
      ...overrides.status,
    },
  };
}

/** The report of {@link abortedAnalysis}. */
export function abortedReport(overrides: Parameters<typeof abortedAnalysis>[0] = {}): Report {
  const report = reportOf(abortedAnalysis(overrides));
  if (report === undefined) throw new Error('the analysis has nothing to report');
  return report;
}
