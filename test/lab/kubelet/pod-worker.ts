import { setTimeout as wait } from 'node:timers/promises';
import { type JsonObject, timestamp } from '../kubernetes.ts';
import { LabApiError, type LabClient } from '../lab-client.ts';
import type { ContainerLog } from './container-log.ts';
import { ContainerRunner, type RuntimeContext } from './container-runner.ts';
import { allocatePorts, type HostPorts, PORTS_ANNOTATION } from './host-ports.ts';
import type { ContainerSpec, Pod } from './pod.ts';
import { podStatus } from './pod-status.ts';

const RETRY_MS = 100;

/** One pod on this node, from binding to deletion: its containers in order, its status at the API server, its end. */
export class PodWorker {
  readonly pod: Pod;
  readonly #client: LabClient;
  readonly #context: RuntimeContext;
  readonly #takenPorts: Set<number>;
  readonly #startTime: string;
  readonly #init: ContainerRunner[] = [];
  readonly #main: ContainerRunner[] = [];
  readonly #gone = new AbortController();
  #published: JsonObject | undefined;
  #isStale = false;
  #publishing: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  #termination: Promise<void> | undefined;

  constructor(pod: Pod, client: LabClient, context: RuntimeContext, takenPorts: Set<number>) {
    this.pod = pod;
    this.#client = client;
    this.#context = context;
    this.#takenPorts = takenPorts;
    this.#startTime = timestamp(context.now());
  }

  /** The container of that name. */
  container(name: string): ContainerRunner | undefined {
    return [...this.#init, ...this.#main].find((runner) => runner.spec.name === name);
  }

  /** The processes that run, by container. */
  get processes(): readonly { readonly container: string; readonly pid: number }[] {
    return [...this.#init, ...this.#main].flatMap(({ spec, pid }) =>
      pid === undefined ? [] : [{ container: spec.name, pid }],
    );
  }

  /** The log of a container's current or previous process, where there is one. */
  log(container: string, previous: boolean): ContainerLog | undefined {
    return this.container(container)?.log(previous);
  }

  /** Starts the pod; it runs until it completes or is terminated. */
  start(): void {
    this.#running = this.#run().catch(() => {});
  }

  /** Stops the containers within their grace period and deletes the pod from the API server; a second call only waits. */
  terminate(graceSeconds: number): Promise<void> {
    this.#termination ??= this.#terminate(graceSeconds);
    return this.#termination;
  }

  /** Stops the containers at once: the pod is gone from the API server, or this node stops. */
  async abandon(): Promise<void> {
    this.#gone.abort();
    await this.#stopAll(0);
  }

  /** Kills every process at once, without waiting. */
  killNow(): void {
    for (const runner of [...this.#init, ...this.#main]) runner.killNow();
  }

  async #run(): Promise<void> {
    const { initContainers = [], containers, restartPolicy = 'Always' } = this.pod.spec;
    const ports: Record<string, HostPorts> = {};
    for (const spec of [...initContainers, ...containers])
      ports[spec.name] = await allocatePorts(spec, this.#takenPorts);
    await this.#announcePorts(ports);
    const runner = (spec: ContainerSpec, policy: typeof restartPolicy, waitingReason: string) =>
      new ContainerRunner(this.pod, spec, ports[spec.name] ?? {}, policy, this.#context, {
        waitingReason,
        changed: () => this.#publish(),
      });
    const waitingReason = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    for (const spec of initContainers) {
      const policy = spec.restartPolicy ?? (restartPolicy === 'Never' ? 'Never' : 'OnFailure');
      this.#init.push(runner(spec, policy, waitingReason));
    }
    for (const spec of containers) this.#main.push(runner(spec, restartPolicy, waitingReason));
    this.#publish();
    for (const init of this.#init) {
      if (this.#isEnding) return;
      const done = init.run();
      if (init.spec.restartPolicy === 'Always') await init.started;
      else if ((await done)?.exitCode !== 0) return;
    }
    if (this.#isEnding) return;
    await Promise.all(this.#main.map((main) => main.run()));
    await Promise.all(this.#init.map((init) => init.stop(this.#graceMs)));
    this.#publish();
  }

  get #isEnding(): boolean {
    return this.#termination !== undefined || this.#gone.signal.aborted;
  }

  get #graceMs(): number {
    return (this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  async #announcePorts(ports: Readonly<Record<string, HostPorts>>): Promise<void> {
    const declared = Object.entries(ports).filter(([, of]) => Object.keys(of).length > 0);
    if (declared.length === 0) return;
    const annotations = { [PORTS_ANNOTATION]: JSON.stringify(Object.fromEntries(declared)) };
    await this.#untilDone(() => this.#client.patch(this.#path, { metadata: { annotations } }));
  }

  async #terminate(graceSeconds: number): Promise<void> {
    for (const { spec } of this.#main) {
      const message = `Stopping container ${spec.name}`;
      this.#context.record(this.pod, {
        type: 'Normal',
        reason: 'Killing',
        message,
        fieldPath: `spec.containers{${spec.name}}`,
      });
    }
    await this.#stopAll(graceSeconds * 1000);
    await this.#running;
    if (this.#main.length > 0) this.#publish();
    await this.#publishing;
    const { uid } = this.pod.metadata;
    const options = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 0,
      preconditions: { uid },
    };
    await this.#untilDone(() => this.#client.delete(this.#path, options));
    this.#gone.abort();
  }

  async #stopAll(graceMs: number): Promise<void> {
    await Promise.all(this.#main.map((main) => main.stop(graceMs)));
    for (const init of [...this.#init].reverse()) await init.stop(graceMs);
  }

  #publish(): void {
    if (this.#isStale) return;
    this.#isStale = true;
    this.#publishing = this.#publishing.then(() => this.#writeStatus());
  }

  async #writeStatus(): Promise<void> {
    await this.#untilDone(async () => {
      this.#isStale = false;
      const status = podStatus(
        {
          restartPolicy: this.pod.spec.restartPolicy ?? 'Always',
          init: this.#init.map((init) => ({
            ...init.status(),
            sidecar: init.spec.restartPolicy === 'Always',
          })),
          main: this.#main.map((main) => main.status()),
          startTime: this.#startTime,
        },
        this.#published,
        timestamp(this.#context.now()),
      );
      await this.#client.patch(
        `${this.#path}/status`,
        { metadata: { uid: this.pod.metadata.uid }, status },
        'strategic-merge',
      );
      this.#published = status;
    });
  }

  /** Tries again every 100 ms until it works, the object turns out to be gone or another, or the pod is abandoned. */
  async #untilDone(work: () => Promise<unknown>): Promise<void> {
    while (!this.#gone.signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (error instanceof LabApiError && (error.code === 404 || error.code === 409)) return;
        await wait(RETRY_MS, undefined, { signal: this.#gone.signal }).catch(() => {});
      }
    }
  }

  get #path(): string {
    return `/api/v1/namespaces/${this.pod.metadata.namespace}/pods/${this.pod.metadata.name}`;
  }
}
