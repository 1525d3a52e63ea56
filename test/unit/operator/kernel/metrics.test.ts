import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import { Controller, TerminalError } from '../../../../operator/kernel/controller.ts';
import { silentLogger } from '../../../../operator/kernel/logger.ts';
import {
  controllerMetrics,
  createRegistry,
  leaderMetric,
  queueMetrics,
  serveMetrics,
} from '../../../../operator/kernel/metrics.ts';
import { WorkQueue } from '../../../../operator/kernel/work-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('the metrics of the kernel', () => {
  it('serves the process and whatever is registered, at /metrics alone', async () => {
    const registry = createRegistry();
    let leading = false;
    leaderMetric(registry, 'operator', () => leading);
    const server = await serveMetrics(registry, { port: 0, host: '127.0.0.1' });
    try {
      const url = `http://127.0.0.1:${server.port}`;
      const first = await fetch(`${url}/metrics`);
      expect(first.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
      expect(await first.text())
        .to.include('leader_election_master_status{name="operator"} 0')
        .and.match(/^process_resident_memory_bytes \d/m);
      leading = true;
      const second = await fetch(`${url}/metrics?x=1`);
      expect(await second.text()).to.include('leader_election_master_status{name="operator"} 1');
      expect((await fetch(url)).status).to.equal(404);
      expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).to.equal(405);
    } finally {
      await server.close();
    }
  });

  it('shows a queue at zero, and then what waits, how long it waited and how long it took', async () => {
    const registry = createRegistry();
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock, observer: queueMetrics(registry, 'q') });
    expect(await registry.metrics())
      .to.include('workqueue_depth{name="q"} 0')
      .and.include('workqueue_adds_total{name="q"} 0');
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await clock.advance(2000);
    await queue.take();
    await clock.advance(500);
    queue.done('a');
    queue.addRateLimited('a');
    const text = await registry.metrics();
    expect(text).to.include('workqueue_depth{name="q"} 1');
    expect(text).to.include('workqueue_adds_total{name="q"} 2');
    expect(text).to.include('workqueue_retries_total{name="q"} 1');
    expect(text).to.include('workqueue_queue_duration_seconds_sum{name="q"} 2\n');
    expect(text).to.include('workqueue_work_duration_seconds_sum{name="q"} 0.5\n');
    queue.shutDown({ drain: false });
  });

  it('counts how reconciles end, as controller-runtime does', async () => {
    const registry = createRegistry();
    const stop = new AbortController();
    const controller = new Controller({
      name: 'c',
      logger: silentLogger,
      clock: new FakeClock(),
      observer: controllerMetrics(registry, 'c', 1),
      reconcile: async (key) => {
        if (key === 'last') stop.abort();
        if (key === 'broken') throw new Error('broken');
        if (key === 'hopeless') throw new TerminalError(new CodedError('CONFIG_INVALID', 'hopeless'));
        if (key === 'later') return { requeueAfterMs: 60_000 };
        return key === 'again' ? { requeue: true } : undefined;
      },
    });
    for (const key of ['fine', 'broken', 'hopeless', 'later', 'again', 'last']) controller.queue.add(key);
    await controller.run(stop.signal);
    const text = await registry.metrics();
    const count = (result: string) =>
      text.match(new RegExp(`reconcile_total\\{controller="c",result="${result}"\\} (\\d+)`))?.[1];
    expect(['success', 'error', 'requeue_after', 'requeue'].map(count)).to.deep.equal(['2', '2', '1', '1']);
    expect(text).to.include('controller_runtime_reconcile_errors_total{controller="c"} 2');
    expect(text).to.include('controller_runtime_terminal_reconcile_errors_total{controller="c"} 1');
    expect(text).to.include('controller_runtime_active_workers{controller="c"} 0');
    expect(text).to.include('controller_runtime_max_concurrent_reconciles{controller="c"} 1');
    expect(text).to.include('controller_runtime_reconcile_time_seconds_count{controller="c"} 6');
  });
});
