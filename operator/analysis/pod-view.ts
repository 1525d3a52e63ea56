import { listSides, PodWatch, type SideObjects, type Subject } from '../evidence/index.ts';
import type { Instant, Side } from '../model.ts';
import { type StepContext, untilReadable } from './resolve-step.ts';

/** The pods of both sides at one look. */
export interface PodLook {
  readonly sides: Readonly<Record<Side, SideObjects>>;
  /** True when they were listed just now, false when a watch told of them. */
  readonly listed: boolean;
}

/**
 * The pods of one analysis while it is observed: told by a watch, and listed where there is none, where it is silent for
 * `relistMs`, and where someone asks. Ends with its signal; `ended` resolves then.
 */
export class PodView {
  readonly #context: StepContext;
  readonly #subject: Subject;
  readonly #signal: AbortSignal;
  #watch: PodWatch | undefined;
  #listedAt: Instant = -Infinity;
  ended: Promise<void> = Promise.resolve();

  constructor(context: StepContext, subject: Subject, signal: AbortSignal) {
    this.#context = context;
    this.#subject = subject;
    this.#signal = signal;
  }

  /** @throws Decided as {@link untilReadable}. */
  async look(): Promise<PodLook> {
    const { clock, timings } = this.#context.deps;
    const told = clock.monotonic() - this.#listedAt < timings.relistMs ? this.#watch?.sides : undefined;
    return told === undefined ? { sides: await this.list(), listed: true } : { sides: told, listed: false };
  }

  /** @throws Decided as {@link untilReadable}. */
  async list(): Promise<Readonly<Record<Side, SideObjects>>> {
    const sides = await untilReadable(this.#context, () => this.listOnce());
    this.#listedAt = this.#context.deps.clock.monotonic();
    if (this.#watch !== undefined) this.#watch.learn(sides);
    else if (isComplete(this.#subject, sides)) this.#start(sides);
    return sides;
  }

  /** One list, without another try. */
  listOnce(): Promise<Record<Side, SideObjects>> {
    const { deps, analysis } = this.#context;
    return listSides(deps.cluster, analysis.metadata.namespace ?? '', this.#subject, this.#signal);
  }

  /** Waits for a change of a pod, at most `ms` milliseconds. */
  changed(ms: number): Promise<void> {
    return this.#watch?.changed(ms, this.#signal) ?? this.#context.deps.clock.sleep(ms, this.#signal);
  }

  #start(sides: Readonly<Record<Side, SideObjects>>): void {
    const { deps, analysis } = this.#context;
    this.#watch = new PodWatch(deps.cluster, analysis.metadata.namespace ?? '', this.#subject, sides);
    this.ended = this.#watch.run(this.#signal);
  }
}

/** An Experiment's pods are told by the hashes of its ReplicaSets, so these have to be there. */
function isComplete(subject: Subject, sides: Readonly<Record<Side, SideObjects>>): boolean {
  return (['stable', 'canary'] as const).every(
    (side) => subject[side].kind !== 'templates' || sides[side].replicaSets.length > 0,
  );
}
