import type { Shape } from './json-shape.ts';

const strings: Shape = { list: 'string' };
const named: Shape = { fields: { name: 'string' } };
const keyed: Shape = { fields: { name: 'string', key: 'string' } };
const quantities: Shape = { fields: {}, rest: { oneOf: ['string', 'number'] } };
const port: Shape = { oneOf: ['number', 'string'] };

const probe: Shape = {
  fields: {
    httpGet: { fields: { path: 'string', port, scheme: 'string' } },
    tcpSocket: { fields: { port } },
    grpc: { fields: { port: 'number', service: 'string' } },
    exec: { fields: { command: strings } },
    initialDelaySeconds: 'number',
    periodSeconds: 'number',
    timeoutSeconds: 'number',
    successThreshold: 'number',
    failureThreshold: 'number',
  },
};

const container: Shape = {
  required: ['name'],
  fields: {
    name: 'string',
    image: 'string',
    command: strings,
    args: strings,
    restartPolicy: 'string',
    env: {
      list: {
        required: ['name'],
        fields: {
          name: 'string',
          value: 'string',
          valueFrom: {
            fields: {
              configMapKeyRef: keyed,
              secretKeyRef: keyed,
              fieldRef: { fields: { fieldPath: 'string' } },
              resourceFieldRef: { fields: { resource: 'string' } },
            },
          },
        },
      },
    },
    envFrom: { list: { fields: { prefix: 'string', configMapRef: named, secretRef: named } } },
    resources: { fields: { limits: quantities, requests: quantities } },
    ports: { list: { required: ['containerPort'], fields: { containerPort: 'number', protocol: 'string' } } },
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
  },
};

const podSpec: Shape = {
  fields: {
    nodeName: 'string',
    serviceAccountName: 'string',
    containers: { list: container },
    initContainers: { list: container },
    volumes: {
      list: {
        required: ['name'],
        fields: {
          name: 'string',
          configMap: named,
          secret: { fields: { secretName: 'string' } },
          persistentVolumeClaim: { fields: { claimName: 'string' } },
          projected: { fields: { sources: { list: { fields: { configMap: named, secret: named } } } } },
        },
      },
    },
  },
};

const containerState: Shape = {
  fields: {
    waiting: { fields: { reason: 'string', message: 'string' } },
    running: { fields: { startedAt: 'string' } },
    terminated: {
      fields: {
        reason: 'string',
        exitCode: 'number',
        signal: 'number',
        message: 'string',
        startedAt: 'string',
        finishedAt: 'string',
      },
    },
  },
};

const containerStatus: Shape = {
  required: ['name'],
  fields: {
    name: 'string',
    image: 'string',
    ready: 'boolean',
    restartCount: 'number',
    state: containerState,
    lastState: containerState,
  },
};

/** A Pod: `pod.json`. */
export const POD_SHAPE: Shape = {
  fields: {
    metadata: {
      fields: {
        name: 'string',
        uid: 'string',
        creationTimestamp: 'string',
        deletionTimestamp: 'string',
        deletionGracePeriodSeconds: 'number',
      },
    },
    spec: podSpec,
    status: {
      fields: {
        phase: 'string',
        reason: 'string',
        message: 'string',
        startTime: 'string',
        conditions: {
          list: {
            required: ['type', 'status'],
            fields: { type: 'string', status: 'string', lastTransitionTime: 'string' },
          },
        },
        containerStatuses: { list: containerStatus },
        initContainerStatuses: { list: containerStatus },
      },
    },
  },
};

const event: Shape = {
  fields: {
    metadata: { fields: { creationTimestamp: 'string' } },
    involvedObject: { fields: { kind: 'string', name: 'string' } },
    type: 'string',
    reason: 'string',
    message: 'string',
    count: 'number',
    firstTimestamp: 'string',
    lastTimestamp: 'string',
    eventTime: 'string',
    series: { fields: { count: 'number', lastObservedTime: 'string' } },
  },
};

/** An EventList: `events.json`. */
export const EVENTS_SHAPE: Shape = { required: ['items'], fields: { items: { list: event } } };

const template: Shape = { fields: { spec: podSpec } };

/** Both pod templates: `change.json`. */
export const CHANGE_SHAPE: Shape = { fields: { stable: template, canary: template } };
