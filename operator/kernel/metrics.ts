import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ControllerObserver, ReconcileEnd } from './controller.ts';
import { answer, type ListenAddress, type PlainServer, servePlain } from './http-server.ts';
import { metersOf } from './meters.ts';
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
  const { counter, gauge, histogram } = metersOf(registry);
  const labels = ['name'] as const;
  const depth = gauge('workqueue_depth', 'Current depth of the workqueue.', labels);
  const adds = counter('workqueue_adds_total', 'Total number of adds handled by the workqueue.', labels);
  const retries = counter(
    'workqueue_retries_total',
    'Total number of retries handled by the workqueue.',
    labels,
  );
  const waited = histogram(
    'workqueue_queue_duration_seconds',
    'How long an item stays in the workqueue before it is requested.',
    labels,
    QUEUE_SECONDS,
  );
  const worked = histogram(
    'workqueue_work_duration_seconds',
    'How long processing an item from the workqueue takes.',
    labels,
    QUEUE_SECONDS,
  );
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
  const { counter, gauge, histogram } = metersOf(registry);
  const labels = ['controller'] as const;
  const total = counter('controller_runtime_reconcile_total', 'Total number of reconciliations, by result.', [
    'controller',
    'result',
  ]);
  const errors = counter(
    'controller_runtime_reconcile_errors_total',
    'Total number of reconciliation errors.',
    labels,
  );
  const terminal = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Total number of terminal reconciliation errors.',
    labels,
  );
  const seconds = histogram(
    'controller_runtime_reconcile_time_seconds',
    'Length of time per reconciliation.',
    labels,
    RECONCILE_SECONDS,
  );
  const most = gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Maximum number of concurrent reconciles.',
    labels,
  );
  const active = gauge('controller_runtime_active_workers', 'Number of workers in use.', labels);
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
  metersOf(registry).gauge(
    'leader_election_master_status',
    'Whether this process is the leader of the lease: 1, or 0.',
    ['name'],
    (status) => status.set({ name: lease }, leading() ? 1 : 0),
  );
}

function isError(end: ReconcileEnd): boolean {
  return end === 'error' || end === 'terminal_error';
}
