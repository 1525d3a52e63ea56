import type { Shape } from './json-shape.ts';

const numbers: Shape = { fields: {}, rest: 'number' };
const perSide = (shape: Shape): Shape => ({
  required: ['stable', 'canary'],
  fields: { stable: shape, canary: shape },
});
const interval: Shape = { required: ['from', 'to'], fields: { from: 'number', to: 'number' } };

const source: Shape = {
  required: ['side', 'pod', 'container', 'kind', 'previous'],
  fields: { side: 'string', pod: 'string', container: 'string', kind: 'string', previous: 'boolean' },
};

const count: Shape = {
  required: ['count', 'startup', 'outside', 'pods', 'samples'],
  fields: {
    count: 'number',
    startup: 'number',
    outside: 'number',
    pods: numbers,
    minutes: numbers,
    activeMinutes: 'number',
    activeSeconds: 'number',
    lasts: numbers,
    longestGap: 'number',
    first: 'number',
    last: 'number',
    samples: { list: 'string' },
  },
};

const template: Shape = {
  required: ['id', 'text', 'level', 'stable', 'canary'],
  fields: { id: 'string', text: 'string', level: 'string', logger: 'string', stable: count, canary: count },
};

const sample: Shape = {
  required: ['count', 'values'],
  fields: { count: 'number', values: { fields: {}, rest: { list: 'number' } } },
};

const numericField: Shape = {
  required: ['name', 'templateId', 'stable', 'canary'],
  fields: { name: 'string', unit: 'string', templateId: 'string', stable: sample, canary: sample },
};

const termination: Shape = {
  required: ['reason', 'exitCode'],
  fields: {
    reason: 'string',
    exitCode: 'number',
    signal: 'number',
    startedAt: 'number',
    finishedAt: 'number',
    message: 'string',
  },
};

const container: Shape = {
  required: ['name', 'kind', 'image', 'ready', 'restarts', 'state'],
  fields: {
    name: 'string',
    kind: 'string',
    image: 'string',
    ready: 'boolean',
    restarts: 'number',
    state: 'string',
    startedAt: 'number',
    waitingReason: 'string',
    waitingMessage: 'string',
    waitingFor: 'number',
    terminated: termination,
    lastTerminated: termination,
  },
};

const pod: Shape = {
  required: [
    'side',
    'name',
    'uid',
    'phase',
    'ready',
    'createdAt',
    'readySeconds',
    'readyThroughout',
    'deleted',
    'containers',
  ],
  fields: {
    side: 'string',
    name: 'string',
    uid: 'string',
    node: 'string',
    phase: 'string',
    reason: 'string',
    ready: 'boolean',
    createdAt: 'number',
    startedAt: 'number',
    readySeconds: 'number',
    readyThroughout: 'boolean',
    readinessLosses: 'number',
    deleted: 'boolean',
    containers: { list: container },
  },
};

const event: Shape = {
  required: ['side', 'object', 'type', 'reason', 'message', 'count', 'lastSeen'],
  fields: {
    side: 'string',
    object: 'string',
    type: 'string',
    reason: 'string',
    message: 'string',
    count: 'number',
    lastSeen: 'number',
  },
};

const side: Shape = {
  required: ['interval', 'pods', 'events'],
  fields: {
    interval,
    pods: { list: pod },
    events: { list: event },
    podsRead: { list: 'string' },
    cut: 'boolean',
  },
};

const finding: Shape = {
  required: ['id', 'kind', 'severity', 'message'],
  fields: {
    id: 'string',
    kind: 'string',
    severity: 'string',
    message: 'string',
    template: 'string',
    templateId: 'string',
    stableCount: 'number',
    canaryCount: 'number',
    canaryPods: 'number',
    pValueMillionths: 'number',
    samples: { list: 'string' },
  },
};

/** A snapshot as JSON. */
export const SNAPSHOT_SHAPE: Shape = {
  required: ['version', 'evidence', 'distilled', 'droppedTemplates'],
  fields: {
    version: 'number',
    droppedTemplates: 'number',
    evidence: {
      required: ['stable', 'canary', 'change', 'baseline', 'read', 'gaps', 'logsComplete'],
      fields: {
        stable: side,
        canary: side,
        change: {
          list: { required: ['path'], fields: { path: 'string', before: 'string', after: 'string' } },
        },
        baseline: 'string',
        read: perSide({
          required: ['podsFound', 'podsRead', 'containers', 'bytes'],
          fields: {},
          rest: 'number',
        }),
        gaps: { list: 'string' },
        logsComplete: perSide('boolean'),
      },
    },
    distilled: {
      required: ['templates', 'lines', 'bytes', 'span', 'lastWords', 'redactions', 'overflow'],
      fields: {
        templates: { list: template },
        lines: perSide('number'),
        bytes: perSide('number'),
        work: perSide(numbers),
        span: { fields: { stable: interval, canary: interval } },
        lastWords: { list: { required: ['source'], fields: { source, templateId: 'string' } } },
        redactions: 'number',
        overflow: perSide('number'),
        numbers: { list: numericField },
      },
    },
    assessed: {
      required: ['assessment', 'findings', 'power', 'confidence', 'exposure', 'exposureUnit', 'message'],
      fields: {
        assessment: 'string',
        findings: { list: finding },
        power: 'number',
        confidence: 'number',
        exposure: perSide('number'),
        exposureUnit: 'string',
        message: 'string',
      },
    },
    decision: {
      required: ['verdict', 'reason', 'message', 'confidence'],
      fields: { verdict: 'string', reason: 'string', message: 'string', confidence: 'number' },
    },
  },
};
