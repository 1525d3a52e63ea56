import { run } from '../support/run.ts';

/** One plugin, or the API server itself. */
export type Contender = { readonly name: string } & (
  | {
      readonly command: readonly string[];
      readonly namespace?: string;
      readonly bare?: boolean;
      /** A URL that streams the AnalysisRuns it wakes. */
      readonly woken?: string;
    }
  | { readonly api: string; readonly namespace: string }
);

/** The RPCs that are measured. */
export type Method = 'Run' | 'Resume' | 'Terminate' | 'GarbageCollect' | 'GetMetadata' | 'Ping';

interface Plan {
  readonly rounds: number;
  /** AnalysisRun as a JSON file. */
  readonly analysisRun: string;
  readonly contenders: readonly Contender[];
}

/** What one contender did in one turn: milliseconds a call. */
export interface Turn {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** The plugin's own CPU time, in steps of 10 ms a turn. */
  readonly cpu: number;
  readonly errors: number;
}

/** One start of a process; memory in 10^6 bytes. */
export interface Start {
  readonly startMs: number;
  readonly residentMB: number;
  readonly firstRunMs: number;
  readonly secondRunMs: number;
  readonly killMs: number;
}

/** One contender's measurements. */
export interface Runs {
  readonly turns: readonly Turn[];
  /** Resume while they wait. */
  readonly meanwhile?: Turn;
  /** How many ended in each phase. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Results by the contender's name. */
export type By<T> = Readonly<Record<string, T>>;

/** The program of test/bench/load: it takes the contenders in turns and gives each one's samples. */
export class Load {
  readonly #binary: string;

  constructor(binary: string) {
    this.#binary = binary;
  }

  /** New processes; memory is read after `settleMs`. */
  starts(plan: Plan & { readonly settleMs: number }): Promise<By<readonly Start[]>> {
    return this.#run('start', plan);
  }

  /** `calls` calls a turn by `callers` callers at once; the first turn is not counted. */
  calls(
    plan: Plan & { readonly calls: number; readonly callers: number; readonly methods: readonly Method[] },
  ): Promise<By<Readonly<Partial<Record<Method, readonly Turn[]>>>>> {
    return this.#run('calls', plan);
  }

  /** Resident MB after each tenth of `calls`. */
  memory(
    plan: Plan & { readonly calls: number; readonly callers: number; readonly methods: readonly Method[] },
  ): Promise<By<readonly number[]>> {
    return this.#run('memory', plan);
  }

  /**
   * Measurements that are all different, `pauseMs` between two turns. Those of a contender with `woken`
   * are asked for meanwhile and resumed when their AnalysisRun is woken, the last no later than `settleMs`.
   */
  runs(
    plan: Plan & {
      readonly calls: number;
      readonly callers: number;
      readonly pauseMs: number;
      readonly settleMs?: number;
    },
  ): Promise<By<Runs>> {
    return this.#run('runs', plan);
  }

  async #run<T>(mode: string, plan: Plan): Promise<T> {
    return JSON.parse(await run(this.#binary, [], { input: JSON.stringify({ mode, ...plan }) })) as T;
  }
}
