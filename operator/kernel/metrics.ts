import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ControllerObserver, ReconcileEnd } from './controller.ts';
import { answer, type ListenAddress, type PlainServer, servePlain } from './http-server.ts';
import type { WorkQueueObserver } from './work-queue.ts';

/** controller-runtime's bounds, seconds (pkg/internal/controller/metrics). */
const RECONCILE_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** client-go's workqueue bounds: 10 ns to 10 s (pkg/metrics/workqueue). */
const QUEUE_SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10];
const RECONCILE_ENDS = ['success', 'requeue', 'requeue_after', 'error'] as const;

/** A registry with the metrics of the process itself (`process_…`, `nodejs_…`). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * Serves `/metrics` in the text format of Prometheus.
 * @throws Node's error when it cannot listen
 */
export function serveMetrics(registry: Registry, address: ListenAddress): Promise<PlainServer> {
  return servePlain(address, async (request, response) => {
    if ((request.url ?? '').split('?', 1)[0] !== '/metrics') answer(response, 404, 'not found');
    else answer(response, 200, await registry.metrics(), registry.contentType);
  });
}

/** The metrics of one work queue under client-go's names, at zero from the start. */
export function queueMetrics(registry: Registry, name: string): WorkQueueObserver {
  const labelNames = ['name'] as const;
  const registers = [registry];
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of the workqueue.',
    labelNames,
    registers,
  });
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by the workqueue.',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by the workqueue.',
    labelNames,
    registers,
  });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long an item stays in the workqueue before it is requested.',
    labelNames,
    buckets: QUEUE_SECONDS,
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long processing an item from the workqueue takes.',
    labelNames,
    buckets: QUEUE_SECONDS,
    registers,
  });
  depth.set({ name }, 0);
  adds.inc({ name }, 0);
  retries.inc({ name }, 0);
  return {
    added() {
      adds.inc({ name });
      depth.inc({ name });
    },
    taken(waitedMs) {
      depth.dec({ name });
      waited.observe({ name }, waitedMs / 1000);
    },
    done: (workedMs) => worked.observe({ name }, workedMs / 1000),
    retried: () => retries.inc({ name }),
  };
}

/** The metrics of one controller under controller-runtime's names, at zero from the start. */
export function controllerMetrics(
  registry: Registry,
  controller: string,
  workers: number,
): ControllerObserver {
  const registers = [registry];
  const labelNames = ['controller'] as const;
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations, by result.',
    labelNames: ['controller', 'result'] as const,
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors.',
    labelNames,
    registers,
  });
  const terminal = new Counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Total number of terminal reconciliation errors.',
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation.',
    labelNames,
    buckets: RECONCILE_SECONDS,
    registers,
  });
  const most = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles.',
    labelNames,
    registers,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Number of workers in use.',
    labelNames,
    registers,
  });
  for (const result of RECONCILE_ENDS) total.inc({ controller, result }, 0);
  errors.inc({ controller }, 0);
  terminal.inc({ controller }, 0);
  most.set({ controller }, workers);
  active.set({ controller }, 0);
  return {
    started: () => active.inc({ controller }),
    ended(end, ms) {
      active.dec({ controller });
      seconds.observe({ controller }, ms / 1000);
      total.inc({ controller, result: end === 'terminal_error' ? 'error' : end });
      if (isError(end)) errors.inc({ controller });
      if (end === 'terminal_error') terminal.inc({ controller });
    },
  };
}

/** `leader_election_master_status`: 1 while `leading` says so; read at each scrape. */
export function leaderMetric(registry: Registry, lease: string, leading: () => boolean): void {
  new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this process is the leader of the lease: 1, or 0.',
    labelNames: ['name'] as const,
    registers: [registry],
    collect() {
      this.set({ name: lease }, leading() ? 1 : 0);
    },
  });
}

function isError(end: ReconcileEnd): boolean {
  return end === 'error' || end === 'terminal_error';
}
