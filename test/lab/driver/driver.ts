import { isDeepStrictEqual } from 'node:util';
import { type CancelTimer, systemClock } from '../../../crds/client/clock.ts';
import { Reflector } from '../../../crds/client/reflector.ts';
import { objectKey, parseObjectKey } from '../../../crds/client/resource.ts';
import { ResourceClient } from '../../../crds/client/resource-client.ts';
import type { Transport } from '../../../crds/client/transport.ts';
import { isCoded } from '../../../crds/errors.ts';
import { ANALYSIS_RUNS } from '../../../plugin/analyses/resources.ts';
import { createTransport, type TransportOptions } from '../../../plugin/transport.ts';
import {
  assess,
  HISTORY_LIMIT,
  initialStatus,
  planRun,
  record,
  resultOf,
  type Task,
  withResult,
} from './assess.ts';
import { type AnalysisRun, isCompleted, type RunStatus } from './model.ts';
import { type CallRecord, PluginHost } from './plugin-host.ts';
import type { PluginCommand } from './plugin-process.ts';

/** What the driver drives, and where. */
export interface DriverOptions {
  /** How to start the plugin; its stderr goes to `onLog`. */
  readonly plugin: PluginCommand;
  /** The names the plugin is registered under; metrics of other providers are errors. */
  readonly names: readonly string[];
  /** The API server, with the Rollouts controller's own credentials. */
  readonly apiServer: TransportOptions;
  /** Where AnalysisRuns are looked for; everywhere when absent. */
  readonly namespaces?: readonly string[];
  /** How long after an Error the next measurement begins; 10 s when absent, as in Argo Rollouts. */
  readonly errorRetryMs?: number;
  /** Told of every call, after its answer. */
  readonly onCall?: (call: CallRecord) => void;
  /** Told of what the driver itself cannot do. */
  readonly onError?: (error: unknown) => void;
}

/** A running driver. */
export interface Driver {
  /** The calls made so far, in the order of their answers. */
  readonly calls: readonly CallRecord[];
  readonly host: PluginHost;
  /** Looks at every AnalysisRun, as the informer's resync does every 15 min. */
  resync(): void;
  /** True when this state of an AnalysisRun and all that the driver wrote have been looked at: only another change brings a call. */
  isIdle(run: AnalysisRun): boolean;
  /** Ends as the controller does: Quit to the plugin while calls may be in flight, whose answers are stored. */
  stop(): Promise<void>;
}

/**
 * Stands for Argo Rollouts' analysis controller: runs the AnalysisRuns it finds through the plugin and writes their
 * status as it does. One worker for each AnalysisRun; every event of it brings a Resume.
 */
export async function startDriver(options: DriverOptions): Promise<Driver> {
  const transport = await createTransport(options.apiServer);
  const controller = new AnalysisController(options, transport);
  await controller.start();
  return {
    calls: controller.calls,
    host: controller.host,
    resync: () => controller.resync(),
    isIdle: (run) => controller.isIdle(run),
    stop: async () => {
      await controller.stop();
      transport.close();
    },
  };
}

interface Worker {
  busy: boolean;
  dirty: boolean;
  cancelTimer: CancelTimer;
}

class AnalysisController {
  readonly calls: CallRecord[] = [];
  readonly host: PluginHost;
  readonly #options: DriverOptions;
  readonly #client: ResourceClient<AnalysisRun>;
  readonly #reflectors: Reflector<AnalysisRun>[];
  readonly #workers = new Map<string, Worker>();
  /** The version that the last write of an AnalysisRun's status gave it. */
  readonly #stored = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #working = new Set<Promise<void>>();

  constructor(options: DriverOptions, transport: Transport) {
    this.#options = options;
    this.host = new PluginHost(options.plugin, (call) => {
      this.calls.push(call);
      options.onCall?.(call);
    });
    this.#client = new ResourceClient(transport, ANALYSIS_RUNS);
    this.#reflectors = (options.namespaces ?? [undefined]).map(
      (namespace) =>
        new Reflector({
          client: this.#client,
          ...(namespace === undefined ? {} : { namespace }),
          initialBackoffMs: 100,
          maxBackoffMs: 2_000,
        }),
    );
  }

  async start(): Promise<void> {
    const changed = (run: AnalysisRun): void => this.#enqueue(objectKey(run.metadata));
    for (const reflector of this.#reflectors) {
      reflector.addHandler({
        added: changed,
        updated: changed,
        deleted: (run) => this.#forget(objectKey(run.metadata)),
      });
      void reflector.run(this.#stop.signal);
    }
    await Promise.all(this.#reflectors.map((reflector) => reflector.waitForSync(this.#stop.signal)));
  }

  resync(): void {
    for (const reflector of this.#reflectors) {
      for (const run of reflector.list()) this.#enqueue(objectKey(run.metadata));
    }
  }

  isIdle({ metadata }: AnalysisRun): boolean {
    const key = objectKey(metadata);
    const seen = this.#reflectors
      .flatMap((reflector) => reflector.list())
      .find((run) => objectKey(run.metadata) === key);
    const newest = Math.max(Number(metadata.resourceVersion), this.#stored.get(key) ?? 0);
    return Number(seen?.metadata.resourceVersion) >= newest && this.#workers.get(key)?.busy === false;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const key of [...this.#workers.keys()]) this.#forget(key);
    await this.host.quit();
    await Promise.all(this.#working);
  }

  #forget(key: string): void {
    this.#workers.get(key)?.cancelTimer();
    this.#workers.delete(key);
    this.#stored.delete(key);
  }

  #enqueue(key: string): void {
    if (this.#stop.signal.aborted) return;
    const worker = this.#workers.get(key) ?? { busy: false, dirty: false, cancelTimer: () => {} };
    this.#workers.set(key, worker);
    worker.dirty = true;
    if (worker.busy) return;
    const work = this.#work(key, worker).finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  async #work(key: string, worker: Worker): Promise<void> {
    worker.busy = true;
    while (worker.dirty && !this.#stop.signal.aborted) {
      worker.dirty = false;
      worker.cancelTimer();
      try {
        const nextAt = await this.#reconcile(key);
        if (nextAt !== undefined && this.#workers.get(key) === worker) {
          worker.cancelTimer = systemClock.setTimer(nextAt - Date.now(), () => this.#enqueue(key));
        }
      } catch (error) {
        if (isCoded(error, 'API_NOT_FOUND')) break;
        this.#options.onError?.(error);
        worker.cancelTimer = systemClock.setTimer(500, () => this.#enqueue(key));
      }
    }
    worker.busy = false;
  }

  /** One look at an AnalysisRun: the calls that are due, then one patch with what they gave. */
  async #reconcile(key: string): Promise<number | undefined> {
    const run = await this.#client.get(parseObjectKey(key));
    if (isCompleted(run.status?.phase) || run.metadata.deletionTimestamp !== undefined) return undefined;
    const before = initialStatus(run, new Date());
    const { tasks } = planRun(run, before, Date.now(), this.#errorRetryMs);
    const answers = await Promise.all(
      tasks.map(async (task) => [task, await this.#answer(run, task)] as const),
    );
    let after = before;
    for (const [task, answer] of answers) after = record(run, after, task, answer);
    for (const [task] of answers) after = await this.#afterMeasurement(run, after, task);
    after = assess(run, after, new Date());
    if (!isDeepStrictEqual(after, run.status)) await this.#store(run, after);
    return isCompleted(after.phase) ? undefined : planRun(run, after, Date.now(), this.#errorRetryMs).nextAt;
  }

  get #errorRetryMs(): number {
    return this.#options.errorRetryMs ?? 10_000;
  }

  async #answer(run: AnalysisRun, { call, metric, measurement }: Task): ReturnType<PluginHost['measure']> {
    const names = Object.keys(metric.provider.plugin ?? {});
    if (!names.some((name) => this.#options.names.includes(name))) {
      const now = new Date().toISOString();
      const message = `plugin ${names.join(', ')} not configured in configmap`;
      return { phase: 'Error', message, startedAt: now, finishedAt: now };
    }
    return await this.host.measure(call, run, metric, measurement);
  }

  /** GetMetadata behind the first measurement of a metric, GarbageCollect once there are too many. */
  async #afterMeasurement(run: AnalysisRun, status: RunStatus, { metric, call }: Task): Promise<RunStatus> {
    const result = resultOf(status, metric.name);
    if (result === undefined) return status;
    const { measurements = [] } = result;
    if (call === 'Run' && measurements.length === 1 && result.metadata === undefined) {
      return withResult(status, { ...result, metadata: await this.host.metadata(run, metric) });
    }
    if (measurements.length <= HISTORY_LIMIT) return status;
    if (!(await this.host.collectGarbage(run, metric, HISTORY_LIMIT))) return status;
    return withResult(status, { ...result, measurements: measurements.slice(-HISTORY_LIMIT) });
  }

  async #store(run: AnalysisRun, status: RunStatus): Promise<void> {
    const { metadata } = await this.#client.patch(
      run.metadata,
      { metadata: { name: run.metadata.name }, status },
      { fieldValidation: 'Ignore' },
    );
    this.#stored.set(objectKey(metadata), Number(metadata.resourceVersion));
  }
}
