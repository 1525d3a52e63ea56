import type { WireMeasurement } from '../../../plugin/goplugin/metric-provider.ts';
import type { AnalysisRun, MetricSpec, StoredMeasurement } from './model.ts';
import { isCompleted } from './model.ts';
import { type PluginCommand, type PluginProcess, startPlugin } from './plugin-process.ts';
import { ARGUMENTS, storedMeasurement, wholeSeconds, wireMeasurement, wireMetric, wireRun } from './wire.ts';

/** One call that was made, for tests and for the demo. */
export interface CallRecord {
  readonly method: string;
  readonly analysisRun: string;
  readonly metric: string;
  readonly milliseconds: number;
}

/**
 * The plugin as Argo Rollouts' controller sees it: started at the first call, pinged before each, started again when
 * it is gone (metricproviders/plugin/client), its errors turned into measurements (metricproviders/plugin).
 */
export class PluginHost {
  readonly #command: PluginCommand;
  readonly #onCall: (call: CallRecord) => void;
  #starting: Promise<PluginProcess> | undefined;
  #process: PluginProcess | undefined;

  constructor(command: PluginCommand, onCall: (call: CallRecord) => void = () => {}) {
    this.#command = command;
    this.#onCall = onCall;
  }

  /** The process as it is now; undefined before the first call. */
  get process(): PluginProcess | undefined {
    return this.#process;
  }

  /** Makes the call of a task. Never rejects: what goes wrong is an Error measurement, as for Argo Rollouts. */
  async measure(
    call: 'Run' | 'Resume' | 'Terminate',
    run: AnalysisRun,
    metric: MetricSpec,
    measurement?: StoredMeasurement,
  ): Promise<StoredMeasurement> {
    let plugin: PluginProcess;
    try {
      plugin = await this.#ready();
    } catch (error) {
      return failed(measurement, `failed to create plugin: unable to get metric plugin: ${text(error)}`);
    }
    const value = {
      AnalysisRun: wireRun(run),
      Metric: wireMetric(metric),
      ...(measurement === undefined ? {} : { Measurement: wireMeasurement(measurement) }),
    };
    let answer: StoredMeasurement;
    try {
      const reply = await this.#call(plugin, call, run, metric, value);
      answer = storedMeasurement(reply as WireMeasurement);
    } catch (error) {
      return failed(undefined, `${call} rpc call error: ${text(error)}`);
    }
    if (answer.phase === 'Error') {
      return failed(answer, `failed to ${call.toLowerCase()} via plugin: ${answer.message ?? ''}`);
    }
    if (!isCompleted(answer.phase)) return answer;
    return { finishedAt: wholeSeconds(new Date()), ...answer };
  }

  /** Called once for each metric, after its first measurement. */
  async metadata(run: AnalysisRun, metric: MetricSpec): Promise<Record<string, string>> {
    try {
      const plugin = await this.#ready();
      const reply = await this.#call(plugin, 'GetMetadata', run, metric, { Metric: wireMetric(metric) });
      return Object.fromEntries(reply as Map<string, string>);
    } catch (error) {
      return { error: `GetMetadata rpc call error: ${text(error)}` };
    }
  }

  /** Resolves with false when the plugin refused: nothing is trimmed then. */
  async collectGarbage(run: AnalysisRun, metric: MetricSpec, limit: number): Promise<boolean> {
    try {
      const plugin = await this.#ready();
      const value = { AnalysisRun: wireRun(run), Metric: wireMetric(metric), Limit: limit };
      const reply = await this.#call(plugin, 'GarbageCollect', run, metric, value);
      return ((reply as { ErrorString?: string }).ErrorString ?? '') === '';
    } catch {
      return false;
    }
  }

  /** What `Plugin.Type` answers; the controller never asks. */
  async type(): Promise<string> {
    return String(await (await this.#ready()).call('Type'));
  }

  /** Says Quit and waits for the process to end. */
  async quit(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#process?.quit();
  }

  async #call(
    plugin: PluginProcess,
    method: keyof typeof ARGUMENTS,
    run: AnalysisRun,
    metric: MetricSpec,
    value: unknown,
  ): Promise<unknown> {
    const begun = performance.now();
    try {
      return await plugin.call(method, { ...ARGUMENTS[method], value });
    } finally {
      this.#onCall({
        method,
        analysisRun: `${run.metadata.namespace}/${run.metadata.name}`,
        metric: metric.name,
        milliseconds: performance.now() - begun,
      });
    }
  }

  async #ready(): Promise<PluginProcess> {
    if (this.#starting !== undefined) return this.#starting;
    if (this.#process === undefined || this.#process.exited) {
      this.#starting = this.#start().finally(() => {
        this.#starting = undefined;
      });
      return this.#starting;
    }
    await this.#process.ping();
    return this.#process;
  }

  async #start(): Promise<PluginProcess> {
    const plugin = await startPlugin(this.#command);
    const reply = (await plugin.call('InitPlugin')) as { ErrorString?: string };
    if ((reply.ErrorString ?? '') !== '')
      throw new Error(`unable to start plugin system: ${reply.ErrorString}`);
    this.#process = plugin;
    return plugin;
  }
}

/** utils/metric, MarkMeasurementError. */
function failed(measurement: StoredMeasurement | undefined, message: string): StoredMeasurement {
  const now = wholeSeconds(new Date());
  return { startedAt: now, finishedAt: now, ...measurement, phase: 'Error', message };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
