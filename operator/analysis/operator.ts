import { randomBytes } from 'node:crypto';
import type { Registry } from 'prom-client';
import { ApiError } from '../../crds/client/api-error.ts';
import type { Clock } from '../../crds/client/clock.ts';
import type { ReflectorFailure } from '../../crds/client/reflector.ts';
import type { ResourceDefinition } from '../../crds/client/resource.ts';
import { ResourceClient } from '../../crds/client/resource-client.ts';
import type { Transport } from '../../crds/client/transport.ts';
import { type CanaryAnalysis, GROUP, KIND, PLURAL, VERSION } from '../../crds/v1alpha1/canary-analysis.ts';
import { allowanceOf, type LoadedConfig } from '../config/index.ts';
import { createCluster } from '../evidence/index.ts';
import { createReporter } from '../github/index.ts';
import { EVENTS, EventRecorder, type KubernetesEvent } from '../kernel/events.ts';
import { Gate } from '../kernel/gate.ts';
import type { HealthChecks } from '../kernel/health.ts';
import type { Logger } from '../kernel/logger.ts';
import { controllerMetrics, queueMetrics } from '../kernel/metrics.ts';
import { createRedactor } from '../redact/index.ts';
import { createReviewer, Dialects, Endpoints, type ReviewConfig } from '../review/index.ts';
import { AnalysisController, WORKERS } from './analysis-controller.ts';
import { type ConfigMapObject, DEFAULT_TIMINGS, type Deps, type Timings } from './deps.ts';
import { analysisMetrics, NO_METRICS } from './metrics.ts';
import { Mirror } from './mirror.ts';
import { StatusWriter } from './status-writer.ts';

const ANALYSES: ResourceDefinition = {
  group: GROUP,
  version: VERSION,
  plural: PLURAL,
  kind: KIND,
  namespaced: true,
};
const CONFIG_MAPS: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
/** The controller's name in logs and metrics. */
const CONTROLLER = 'canaryanalysis';
/** Where the Rollouts controller, and so the agent of older installations, lives. */
const DEFAULT_SERVICE_NAMESPACES = ['argo-rollouts'];

/** What an operator is made from. */
export interface OperatorOptions {
  readonly loaded: LoadedConfig;
  readonly transport: Transport;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Which of the operator's processes this is, for Events. */
  readonly instance: string;
  /** Tests shorten the steps. */
  readonly timings?: Partial<Timings>;
  /** Where metrics are registered; they are not kept when absent. */
  readonly registry?: Registry;
  /** What reviewers and GitHub get instead of the configured ones, for tests. */
  readonly overrides?: Partial<Pick<Deps, 'createReviewer' | 'reporter'>>;
}

/** Decides when the work may be done: calls it at most once, with a signal that ends it. */
export type Lead = (signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>) => Promise<void>;

/** An operator that has not started. */
export interface Operator {
  readonly checks: HealthChecks;
  /**
   * Mirrors the cluster at once and acts when `lead` lets it (at once when absent), until the signal fires and everything
   * in flight has ended.
   */
  run(signal: AbortSignal, lead?: Lead): Promise<void>;
}

/** Puts the operator together: mirrors, controller, and the stages of an analysis. */
export function createOperator(options: OperatorOptions): Operator {
  const { loaded, transport, logger, clock, registry } = options;
  const { config } = loaded;
  const analyses = new ResourceClient<CanaryAnalysis>(transport, ANALYSES, { clock });
  const cluster = createCluster(transport, clock);
  const recorder = new EventRecorder({
    client: new ResourceClient<KubernetesEvent>(transport, EVENTS, { clock }),
    component: 'canary-analysis',
    instance: options.instance,
    logger,
    clock,
  });
  const mirror = new Mirror(
    { client: analyses, clock, onError: failureLog(logger, 'CanaryAnalysis') },
    config.namespaces,
  );
  const runs = new Mirror(
    { client: cluster.analysisRuns, clock, onError: failureLog(logger, 'AnalysisRun') },
    config.namespaces,
  );
  const redact = (text: string): string => createRedactor().redact(text);
  const endpoints = new Endpoints(clock, config.reviewers?.limits);
  const reviewConfig = reviewConfigOf(options, redact, endpoints);
  const metrics = registry === undefined ? NO_METRICS : analysisMetrics(registry);
  metrics.circuits(() => endpoints.circuits());
  const deps: Deps = {
    config,
    cluster,
    analyses,
    configMaps: new ResourceClient<ConfigMapObject>(transport, CONFIG_MAPS, { clock }),
    writer: new StatusWriter(analyses, clock),
    siblings: (namespace) => mirror.list(namespace),
    createReviewer: (spec) => createReviewer(spec, reviewConfig),
    reporter: createReporter({
      ...(loaded.gitHubToken === undefined ? {} : { token: loaded.gitHubToken }),
      ...(config.gitHub?.webURL === undefined ? {} : { webURL: config.gitHub.webURL }),
      ...(config.gitHub?.apiURL === undefined ? {} : { apiURL: config.gitHub.apiURL }),
      allowedRepositories: (namespace) => allowanceOf(config, namespace).repositories,
      ...(config.gitHub?.pullRequestPaths === undefined
        ? {}
        : { pullRequestPaths: config.gitHub.pullRequestPaths }),
      redact,
      clock,
      logger,
    }),
    redact,
    recorder,
    metrics,
    gate: new Gate(config.workers ?? 2),
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    clock,
    logger,
    ...options.overrides,
  };
  const controller = new AnalysisController({
    deps,
    analyses: mirror,
    runs,
    name: CONTROLLER,
    ...(registry === undefined
      ? {}
      : {
          observers: {
            queue: queueMetrics(registry, CONTROLLER),
            controller: controllerMetrics(registry, CONTROLLER, WORKERS),
          },
        }),
  });
  return {
    checks: {
      live: {},
      ready: {
        canaryanalyses: () => (mirror.hasSynced ? undefined : waitingFor(mirror, 'CanaryAnalysis')),
      },
    },
    async run(signal, lead = (abort, work) => work(abort)) {
      const mirrors = new AbortController();
      const mirroring = [mirror.run(mirrors.signal), runs.run(mirrors.signal)];
      await lead(signal, (abort) => controller.run(abort));
      mirrors.abort();
      await Promise.all(mirroring);
      await recorder.flush();
      recorder.close();
    },
  };
}

function reviewConfigOf(
  { loaded: { config, credentials }, clock, logger }: OperatorOptions,
  redact: (text: string) => string,
  endpoints: Endpoints,
): ReviewConfig {
  const { gemini, openAI, a2a, limits, serviceNamespaces, clusterDomain } = config.reviewers ?? {};
  return {
    ...(gemini === undefined ? {} : { gemini }),
    ...(openAI === undefined ? {} : { openAI }),
    ...(a2a === undefined ? {} : { a2a }),
    ...(limits === undefined ? {} : { limits }),
    endpoints,
    dialects: new Dialects(clock),
    credentials,
    allowedOrigins: (namespace) => allowanceOf(config, namespace).reviewerOrigins,
    serviceNamespaces: serviceNamespaces ?? DEFAULT_SERVICE_NAMESPACES,
    ...(clusterDomain === undefined ? {} : { clusterDomain }),
    redact,
    clock,
    random: Math.random,
    nonce: () => randomBytes(12).toString('hex'),
    logger,
  };
}

/** Failures of a mirror: a resource type that is not installed is said as what it is. */
function failureLog(logger: Logger, kind: string): (failure: ReflectorFailure) => void {
  return ({ during, error, failures, retryInMs }) => {
    const fields = { kind, during, error, failures, retryInMs };
    if (error instanceof ApiError && error.resourceTypeMissing) {
      logger.warn('waiting for the resource type to be installed', fields);
    } else logger.warn('mirror failed', fields);
  };
}

function waitingFor<T extends CanaryAnalysis>(mirror: Mirror<T>, kind: string): string {
  const missing = mirror
    .health()
    .some(({ lastError }) => lastError instanceof ApiError && lastError.resourceTypeMissing);
  return missing
    ? `the CustomResourceDefinition of ${kind} is not installed`
    : `the first list of ${kind} has not arrived`;
}
