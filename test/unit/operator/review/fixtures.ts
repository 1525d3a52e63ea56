import { systemClock } from '../../../../crds/client/clock.ts';
import { silentLogger } from '../../../../operator/kernel/logger.ts';
import type { Finding, ReviewRequest, SideEvidence, Template } from '../../../../operator/model.ts';
import type { ReviewConfig } from '../../../../operator/review/index.ts';

/** A review configuration in which time and chance are the machine's own. */
export function reviewConfig(overrides: Partial<ReviewConfig> = {}): ReviewConfig {
  return {
    redact: (text) => text.replaceAll('hunter2', '<secret>'),
    clock: systemClock,
    random: () => 1,
    nonce: () => 'n0nce',
    logger: silentLogger,
    ...overrides,
  };
}

/** A template seen on canary alone unless told otherwise. */
export function template(overrides: Partial<Template> = {}): Template {
  const nothing = { count: 0, startup: 0, outside: 0, pods: {}, samples: [] };
  return {
    id: 'T1',
    text: 'connection to <*> refused',
    level: 'error',
    stable: nothing,
    canary: {
      count: 40,
      startup: 0,
      outside: 0,
      pods: { 'web-1': 40 },
      samples: ['connection to db:5432 refused'],
    },
    ...overrides,
  };
}

/** A suspicious finding with one sample. */
export function finding(overrides: Partial<Finding> = {}): Finding {
  return {
    id: 'F1',
    kind: 'NovelWarning',
    severity: 'Suspicious',
    message: 'canary logs a warning that stable lacks',
    template: 'retrying <*>',
    stableCount: 0,
    canaryCount: 12,
    samples: ['retrying request 17 to inventory'],
    ...overrides,
  };
}

/** A request about one rollout; evidence of one healthy pod a side. */
export function reviewRequest(overrides: Partial<ReviewRequest> = {}): ReviewRequest {
  return {
    namespace: 'shop',
    rollout: 'web',
    assessed: {
      assessment: 'Suspicious',
      findings: [finding()],
      power: 90,
      confidence: 60,
      exposure: { stable: 1000, canary: 200 },
      exposureUnit: 'lines',
      message: 'canary logs a warning that stable lacks',
    },
    distilled: {
      templates: [template()],
      lines: { stable: 5000, canary: 900 },
      bytes: { stable: 500_000, canary: 90_000 },
      span: { stable: undefined, canary: undefined },
      lastWords: [],
      redactions: 0,
      overflow: { stable: 0, canary: 0 },
      numbers: [],
    },
    evidence: {
      stable: side('stable'),
      canary: side('canary'),
      change: [{ path: 'containers[web].image', before: 'web:1', after: 'web:2' }],
      baseline: 'Pods',
      read: {
        stable: { podsFound: 1, podsRead: 1, containers: 1, bytes: 500_000 },
        canary: { podsFound: 1, podsRead: 1, containers: 1, bytes: 90_000 },
      },
      gaps: [],
      logsComplete: { stable: true, canary: true },
    },
    ...overrides,
  };
}

function side(name: 'stable' | 'canary'): SideEvidence {
  return {
    interval: { from: Date.UTC(2026, 0, 1, 12), to: Date.UTC(2026, 0, 1, 12, 10) },
    pods: [
      {
        side: name,
        name: `web-${name}-1`,
        uid: `${name}-uid`,
        phase: 'Running',
        ready: true,
        createdAt: Date.UTC(2026, 0, 1, 11),
        readySeconds: 600,
        readyThroughout: true,
        deleted: false,
        containers: [
          {
            name: 'web',
            kind: 'app',
            image: 'web:2',
            ready: true,
            restarts: 0,
            state: 'running',
          },
        ],
      },
    ],
    events: [],
  };
}
