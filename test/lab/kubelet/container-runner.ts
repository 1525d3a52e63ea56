import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { timestamp } from '../kubernetes.ts';
import { ContainerConfigError, containerEnvironment, type ReadConfig } from './container-environment.ts';
import { watchHealth } from './container-health.ts';
import { ContainerLog } from './container-log.ts';
import { ContainerProcess, type ProcessExit } from './container-process.ts';
import type { PodEvent } from './event-recorder.ts';
import { type HostPorts, portEnvironment, resolvePort } from './host-ports.ts';
import { argumentVector, type ImageRegistry } from './images.ts';
import type { NanosecondClock } from './nanosecond-clock.ts';
import type { ContainerSpec, ContainerState, ContainerStatus, Pod, Terminated } from './pod.ts';
import { type BackoffOptions, goDuration, RestartBackoff } from './restart-backoff.ts';

/** What every container of a node shares. */
export interface RuntimeContext {
  readonly images: ImageRegistry;
  readonly backoff: BackoffOptions;
  /** Replaces every probe's period and initial delay; as in the spec when absent. */
  readonly probePeriodMs: number | undefined;
  readonly clock: NanosecondClock;
  readonly now: () => Date;
  /** A directory of this node that is removed when the kubelet stops. */
  readonly directory: string;
  readonly readConfig: ReadConfig;
  readonly record: (pod: Pod, event: PodEvent) => void;
}

/** The kubelet keeps the log of the running process and of one dead one. */
const KEPT_LOGS = 2;

/** When a container is started again after its process ended. */
export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** One container of one pod: pulls, configures, starts, probes and restarts it, and knows its status. */
export class ContainerRunner {
  readonly spec: ContainerSpec;
  readonly #pod: Pod;
  readonly #ports: HostPorts;
  readonly #policy: RestartPolicy;
  readonly #context: RuntimeContext;
  readonly #changed: () => void;
  readonly #directory: string;
  readonly #restartBackoff: RestartBackoff;
  readonly #imageBackoff: RestartBackoff;
  readonly #stopping = new AbortController();
  readonly #logs: ContainerLog[] = [];
  readonly #started = Promise.withResolvers<void>();
  #state: ContainerState;
  #last: Terminated | undefined;
  #lastLog: ContainerLog | undefined;
  #process: ContainerProcess | undefined;
  #restarts = 0;
  #ready = false;
  #finished: Promise<ProcessExit | undefined> = Promise.resolve(undefined);

  constructor(
    pod: Pod,
    spec: ContainerSpec,
    ports: HostPorts,
    policy: RestartPolicy,
    context: RuntimeContext,
    options: { readonly waitingReason: string; readonly changed: () => void },
  ) {
    this.#pod = pod;
    this.spec = spec;
    this.#ports = ports;
    this.#policy = policy;
    this.#context = context;
    this.#changed = options.changed;
    this.#state = { waiting: { reason: options.waitingReason } };
    this.#directory = join(
      context.directory,
      `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`,
      spec.name,
    );
    this.#restartBackoff = new RestartBackoff(context.backoff);
    this.#imageBackoff = new RestartBackoff(context.backoff);
  }

  /** Resolves when its process first runs, or never will. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** The log of the running (or last) process, or with `previous` of the one before. */
  log(previous: boolean): ContainerLog | undefined {
    return previous ? this.#lastLog : this.#logs.at(-1);
  }

  /** The process that runs; undefined when none does. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  status(): ContainerStatus {
    const isRunning = 'running' in this.#state;
    const current = this.#logs.length > 0 ? { containerID: this.#containerId() } : {};
    return {
      name: this.spec.name,
      image: this.spec.image,
      imageID: this.#logs.length > 0 ? `process://${this.spec.image}` : '',
      ...current,
      ready: this.#ready,
      started: isRunning,
      restartCount: this.#restarts,
      state: this.#state,
      lastState: this.#last === undefined ? {} : { terminated: this.#last },
    };
  }

  /** Runs it until its restart policy lets it rest or it is stopped; how the last process ended, if one ran. */
  run(): Promise<ProcessExit | undefined> {
    this.#finished = this.#loop().finally(() => this.#started.resolve());
    return this.#finished;
  }

  /** SIGTERM, then SIGKILL after the grace period; resolves when it is down and will not come back. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const process = this.#process;
    if (process === undefined) {
      await this.#finished;
      return;
    }
    process.signal(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    const killer = setTimeout(() => process.signal('SIGKILL'), graceMs);
    await this.#finished;
    clearTimeout(killer);
  }

  /** Kills the running process as the kernel does when memory runs out; false when none runs. */
  oomKill(): boolean {
    this.#process?.oomKill();
    return this.#process !== undefined;
  }

  /** Kills everything at once, without waiting: for the end of this program. */
  killNow(): void {
    this.#stopping.abort();
    this.#process?.signal('SIGKILL');
  }

  async #loop(): Promise<ProcessExit | undefined> {
    for (;;) {
      const entryPoint = await this.#pull();
      const environment = entryPoint && (await this.#configure());
      if (environment === undefined || entryPoint === undefined) return undefined;
      const startedAt = this.#context.now();
      const exit = await this.#runOnce(
        argumentVector(entryPoint, this.spec, environment),
        environment,
        startedAt,
      );
      const isDone = this.#policy === 'Never' || (this.#policy === 'OnFailure' && exit.exitCode === 0);
      if (isDone || this.#stopping.signal.aborted) return exit;
      await this.#backOff(this.#context.now().getTime() - startedAt.getTime());
      if (this.#stopping.signal.aborted) return exit;
      this.#restarts += 1;
    }
  }

  async #pull(): Promise<readonly string[] | undefined> {
    const { image } = this.spec;
    while (!this.#stopping.signal.aborted) {
      const entryPoint = this.#context.images[image];
      if (entryPoint !== undefined) {
        this.#record('Normal', 'Pulled', `Container image "${image}" already present on machine`);
        return entryPoint;
      }
      const failure = `failed to pull and unpack image "${image}": ${image}: not found`;
      this.#record('Normal', 'Pulling', `Pulling image "${image}"`);
      this.#record('Warning', 'Failed', `Failed to pull image "${image}": ${failure}`);
      this.#record('Warning', 'Failed', 'Error: ErrImagePull');
      this.#setState({ waiting: { reason: 'ErrImagePull', message: failure } });
      const waitMs = this.#imageBackoff.next(0) || this.#imageBackoff.next(0);
      await this.#sleep(Math.min(1000, waitMs / 10));
      this.#record('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      this.#record('Warning', 'Failed', 'Error: ImagePullBackOff');
      this.#setState({
        waiting: {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image "${image}": ErrImagePull: ${failure}`,
        },
      });
      await this.#sleep(waitMs);
    }
    return undefined;
  }

  async #configure(): Promise<Record<string, string> | undefined> {
    const base = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.#directory,
      HOSTNAME: this.#pod.metadata.name,
      TERMINATION_MESSAGE_PATH: this.#path('termination-message'),
      OOM_MARKER_PATH: this.#path('oom-marker'),
      ...portEnvironment(this.spec, this.#ports),
    };
    while (!this.#stopping.signal.aborted) {
      try {
        return await containerEnvironment(this.#pod, this.spec, base, this.#context.readConfig);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof ContainerConfigError) {
          this.#record('Warning', 'Failed', `Error: ${message}`);
          this.#setState({ waiting: { reason: 'CreateContainerConfigError', message } });
        }
        await this.#sleep(this.#imageBackoff.next(0) || this.#imageBackoff.next(0));
      }
    }
    return undefined;
  }

  async #runOnce(argv: string[], environment: Record<string, string>, startedAt: Date): Promise<ProcessExit> {
    mkdirSync(this.#directory, { recursive: true });
    const log = new ContainerLog(this.#path('log'), this.#context.clock);
    this.#retire();
    this.#logs.push(log);
    for (const old of this.#logs.splice(0, this.#logs.length - KEPT_LOGS)) rmSync(old.path);
    const running = new ContainerProcess({
      argv,
      environment,
      cwd: this.spec.workingDir ?? this.#directory,
      log,
      terminationMessagePath: environment['TERMINATION_MESSAGE_PATH'] ?? '',
      oomMarkerPath: environment['OOM_MARKER_PATH'] ?? '',
    });
    this.#process = running;
    if (this.#stopping.signal.aborted) running.signal('SIGKILL');
    this.#record('Normal', 'Created', `Created container: ${this.spec.name}`);
    const ended = new AbortController();
    void this.#watchOver(running, environment, startedAt, ended.signal);
    const exit = await running.exited;
    ended.abort();
    this.#process = undefined;
    this.#ready = false;
    if (exit.reason === 'StartError') this.#record('Warning', 'Failed', `Error: ${exit.message}`);
    this.#setState({
      terminated: {
        ...exit,
        startedAt: exit.reason === 'StartError' ? null : timestamp(startedAt),
        finishedAt: timestamp(this.#context.now()),
        containerID: this.#containerId(),
      },
    });
    return exit;
  }

  async #watchOver(
    running: ContainerProcess,
    environment: Record<string, string>,
    startedAt: Date,
    ended: AbortSignal,
  ): Promise<void> {
    await Promise.race([running.exited, new Promise((resolve) => setImmediate(resolve))]);
    if (ended.aborted) return;
    this.#ready = this.spec.readinessProbe === undefined;
    this.#record('Normal', 'Started', `Started container ${this.spec.name}`);
    this.#setState({ running: { startedAt: timestamp(startedAt) } });
    this.#started.resolve();
    await watchHealth({
      spec: this.spec,
      target: {
        resolvePort: (port) => resolvePort(this.spec, this.#ports, port),
        environment,
        cwd: this.spec.workingDir ?? this.#directory,
      },
      periodMs: this.#context.probePeriodMs,
      signal: ended,
      unhealthy: (message) => this.#record('Warning', 'Unhealthy', message),
      ready: (isReady) => {
        if (this.#ready === isReady) return;
        this.#ready = isReady;
        this.#changed();
      },
      dead: () => this.#restartUnhealthy(running),
    });
  }

  #restartUnhealthy(running: ContainerProcess): void {
    const message = `Container ${this.spec.name} failed liveness probe, will be restarted`;
    this.#record('Normal', 'Killing', message);
    running.signal('SIGTERM');
    const graceMs = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const killer = setTimeout(() => running.signal('SIGKILL'), graceMs);
    void running.exited.then(() => clearTimeout(killer));
  }

  async #backOff(ranMs: number): Promise<void> {
    const waitMs = this.#restartBackoff.next(ranMs);
    if (waitMs === 0) return;
    const { name, namespace, uid } = this.#pod.metadata;
    const subject = `container ${this.spec.name} in pod ${name}_${namespace}(${uid})`;
    this.#record('Warning', 'BackOff', `Back-off restarting failed ${subject}`);
    this.#retire();
    const message = `back-off ${goDuration(waitMs)} restarting failed container=${this.spec.name} pod=${name}_${namespace}(${uid})`;
    this.#setState({ waiting: { reason: 'CrashLoopBackOff', message } });
    await this.#sleep(waitMs);
  }

  /** What has ended becomes `lastState`, and its log the previous one. */
  #retire(): void {
    if (!('terminated' in this.#state)) return;
    this.#last = this.#state.terminated;
    this.#lastLog = this.#logs.at(-1);
  }

  #setState(state: ContainerState): void {
    this.#state = state;
    this.#changed();
  }

  #record(type: PodEvent['type'], reason: string, message: string): void {
    this.#context.record(this.#pod, {
      type,
      reason,
      message,
      fieldPath: `spec.containers{${this.spec.name}}`,
    });
  }

  async #sleep(milliseconds: number, until: AbortSignal = this.#stopping.signal): Promise<void> {
    await wait(milliseconds, undefined, { signal: until }).catch(() => {});
  }

  #path(suffix: string): string {
    return join(this.#directory, `${this.#restarts}.${suffix}`);
  }

  #containerId(): string {
    return `process://${this.#pod.metadata.uid}/${this.spec.name}/${this.#restarts}`;
  }
}
