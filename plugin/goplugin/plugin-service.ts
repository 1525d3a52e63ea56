import type { Logger } from '../logger.ts';
import { STRING, structOf } from './gob/schema.ts';
import { GoTime } from './gob/time.ts';
import { GobInterface } from './gob/wire.ts';
import { fromWire, MEASUREMENT, STRING_MAP, stringMap, text, toWire } from './measurement.ts';
import type { AnalysisRun, Measurement, Metric, MetricProvider, WireMeasurement } from './metric-provider.ts';
import type { RpcMethod } from './netrpc/connection.ts';

/** types.RpcError of argo-rollouts; an empty string means that all went well. */
const RPC_ERROR = structOf('RpcError', { ErrorString: STRING });

/** The union of RunArgs, TerminateAndResumeArgs, GarbageCollectArgs and GetMetadataArgs. */
interface CallArguments {
  readonly AnalysisRun?: AnalysisRun;
  readonly Metric?: Metric;
  readonly Measurement?: WireMeasurement;
  readonly Limit?: number;
}

/** What the service needs beside the provider. */
export interface PluginServiceOptions {
  readonly provider: MetricProvider;
  readonly logger: Logger;
  readonly now: () => Date;
  /** InitPlugin failed and the answer has been written. */
  readonly initFailed: () => void;
}

/** The seven methods of the service `Plugin` (metricproviders/plugin/rpc/rpc.go), as net/rpc methods. */
export function pluginService(options: PluginServiceOptions): ReadonlyMap<string, RpcMethod> {
  const { provider, logger, now } = options;

  /** The call's measurement, or in its place an Error that keeps what the incoming one knew. */
  async function measured(
    method: string,
    before: Measurement | undefined,
    call: () => Promise<Measurement>,
  ): Promise<unknown> {
    const begun = GoTime.fromDate(now());
    try {
      return toWire(await call());
    } catch (error) {
      logger.error('the provider failed', { method, error });
      const { resumeAt: _, ...kept } = before ?? { startedAt: begun };
      const ended = GoTime.fromDate(now());
      return toWire({
        startedAt: begun,
        ...kept,
        phase: 'Error',
        message: messageOf(error),
        finishedAt: ended,
      });
    }
  }

  /** An RpcError: empty, or what the call threw. */
  async function attempted(method: string, call: () => Promise<void>): Promise<{ ErrorString: string }> {
    try {
      await call();
      return { ErrorString: '' };
    } catch (error) {
      logger.error('the provider failed', { method, error });
      return { ErrorString: messageOf(error) };
    }
  }

  return new Map<string, RpcMethod>([
    [
      'InitPlugin',
      {
        reply: RPC_ERROR,
        handle: () => attempted('InitPlugin', () => provider.initPlugin()),
        replied: (reply) => {
          if ((reply as { readonly ErrorString: string }).ErrorString !== '') options.initFailed();
        },
      },
    ],
    [
      'Run',
      {
        reply: MEASUREMENT,
        handle: (argument) => {
          const { AnalysisRun = {}, Metric = {} } = argumentsOf('RunArgs', argument);
          return measured('Run', undefined, () => provider.run(AnalysisRun, Metric));
        },
      },
    ],
    [
      'Resume',
      {
        reply: MEASUREMENT,
        handle: (argument) => {
          const { AnalysisRun = {}, Metric = {}, Measurement = {} } = argumentsOf(RESUME_ARGS, argument);
          const before = fromWire(Measurement);
          return measured('Resume', before, () => provider.resume(AnalysisRun, Metric, before));
        },
      },
    ],
    [
      'Terminate',
      {
        reply: MEASUREMENT,
        handle: (argument) => {
          const { AnalysisRun = {}, Metric = {}, Measurement = {} } = argumentsOf(RESUME_ARGS, argument);
          const before = fromWire(Measurement);
          return measured('Terminate', before, () => provider.terminate(AnalysisRun, Metric, before));
        },
      },
    ],
    [
      'GarbageCollect',
      {
        reply: RPC_ERROR,
        handle: (argument) => {
          const { AnalysisRun = {}, Metric = {}, Limit = 0 } = argumentsOf('GarbageCollectArgs', argument);
          return attempted('GarbageCollect', () => provider.garbageCollect(AnalysisRun, Metric, Limit));
        },
      },
    ],
    [
      'GetMetadata',
      {
        reply: STRING_MAP,
        handle: async (argument) => {
          const { Metric = {} } = argumentsOf('GetMetadataArgs', argument);
          return stringMap('metadata', await provider.getMetadata(Metric));
        },
      },
    ],
    ['Type', { reply: STRING, handle: () => text('type', provider.type()) }],
  ]);
}

const RESUME_ARGS = 'TerminateAndResumeArgs';

/** What the argument's interface holds. Throws when it is of another registered type (rpc.go, "invalid args"). */
function argumentsOf(typeName: string, argument: unknown): CallArguments {
  if (
    !(argument instanceof GobInterface) ||
    argument.typeName !== typeName ||
    typeof argument.value !== 'object' ||
    argument.value === null
  ) {
    throw new Error(`invalid args: ${typeName} expected`);
  }
  return argument.value;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message || 'the provider failed without a message';
}
