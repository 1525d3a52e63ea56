import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, Histogram, Registry } from 'prom-client';

/** How long a slow build holds an answer back: longer than what the templates of the kit call slow. */
const SLOW_MS = 6_000;
/** A build that burns CPU is busy for so long of each {@link CYCLE_MS}. */
const BUSY_MS = 30;
const CYCLE_MS = 100;
/** What a build that needs too much memory holds. */
const HOARD_BYTES = 256 * 1024 * 1024;
/** One in so many goes wrong where work fails. */
const EVERY = 3;

/** What a build that is measured does besides its work. */
export interface Measured {
  /** Answers `/metrics` and `/health`; false for any other request. */
  answers(request: IncomingMessage, response: ServerResponse): boolean;
  /** Counts a request and what it set off, and sends its answer when it is due. */
  request(request: IncomingMessage, status: number, send: () => void): void;
  stop(): void;
}

/**
 * Starts measuring under the names that the templates of the progressive-delivery kit ask for. Every order is a workflow with an
 * automation task. Faults: `slow` answers late, `workflows`, `tasks` and `custom` fail one in three, `cpu` and `memory` take too
 * much, `health` says so.
 */
export function startMeasuring(faults: ReadonlySet<string>): Measured {
  const registry = new Registry();
  const counter = (name: string, ...labelNames: string[]) =>
    new Counter({ name, help: name, labelNames, registers: [registry] });
  const requests = counter('http_requests_total', 'status');
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Until the last byte is sent',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const workflows = counter('workflow_executions_total', 'status');
  const tasks = counter('automation_tasks_total', 'status');
  const [all, fine] = [counter('requests_total'), counter('custom_metric_total')];
  const hoard = faults.has('memory') ? Buffer.alloc(HOARD_BYTES, 1) : undefined;
  const burning = faults.has('cpu') ? setInterval(burn, CYCLE_MS) : undefined;
  let orders = 0;

  const order = (failed: boolean): void => {
    orders += 1;
    const isUnlucky = orders % EVERY === 0;
    const fails = (fault: string): boolean => failed || (faults.has(fault) && isUnlucky);
    workflows.inc({ status: fails('workflows') ? 'failed' : 'success' });
    tasks.inc({ status: fails('tasks') ? 'failed' : 'success' });
    all.inc();
    if (!fails('custom')) fine.inc();
  };
  return {
    answers: (request, response) => {
      if (request.url === '/health') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ status: faults.has('health') ? '0' : '1' }));
        return true;
      }
      if (request.url !== '/metrics') return false;
      response.setHeader('content-type', registry.contentType);
      registry.metrics().then(
        (text) => response.end(text),
        () => response.destroy(),
      );
      return true;
    },
    request: (request, status, send) => {
      const end = durations.startTimer();
      if (request.url?.startsWith('/orders/')) order(status >= 500);
      const done = (): void => {
        send();
        end();
        requests.inc({ status: String(status) });
      };
      if (faults.has('slow')) setTimeout(done, SLOW_MS);
      else done();
    },
    stop: () => {
      clearInterval(burning);
      hoard?.fill(0);
    },
  };
}

function burn(): void {
  const until = performance.now() + BUSY_MS;
  while (performance.now() < until);
}
