import { abortedError } from '../../crds/client/clock.ts';
import { Reflector } from '../../crds/client/reflector.ts';
import { LABEL_POD_TEMPLATE_HASH } from '../../crds/v1alpha1/labels.ts';
import { SIDES, type Side } from '../model.ts';
import type { PodObject } from '../pods/pod-object.ts';
import type { Cluster } from './cluster.ts';
import { type SideObjects, selectSide } from './side-pods.ts';
import type { Subject } from './subjects.ts';

/**
 * The pods of one analysis as the API server tells of them, by a watch of its own on the labels of both sides. While that
 * watch does not stand, {@link PodWatch.sides} has nothing, and whoever waits lists the pods himself.
 */
export class PodWatch {
  readonly #cluster: Cluster;
  readonly #subject: Subject;
  readonly #reflectors: readonly Reflector<PodObject>[];
  #known: Readonly<Record<Side, SideObjects>>;
  #changed = false;
  #wake = (): void => {};

  /** @param known both sides as listed: their ReplicaSets tell whose a pod is */
  constructor(
    cluster: Cluster,
    namespace: string,
    subject: Subject,
    known: Readonly<Record<Side, SideObjects>>,
  ) {
    this.#cluster = cluster;
    this.#subject = subject;
    this.#known = known;
    this.#reflectors = selectorsOf(subject, known).map(
      (labelSelector) =>
        new Reflector({ client: cluster.pods, clock: cluster.clock, namespace, labelSelector }),
    );
  }

  /** Watches until the signal fires; resolves then and never rejects. Called once. */
  async run(signal: AbortSignal): Promise<void> {
    const tell = (): void => {
      this.#changed = true;
      this.#wake();
    };
    for (const reflector of this.#reflectors)
      reflector.addHandler({ added: tell, updated: tell, deleted: tell });
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Takes note of the ReplicaSets of a newer list. */
  learn(known: Readonly<Record<Side, SideObjects>>): void {
    this.#known = known;
  }

  /** Both sides as last told; undefined before the first list, and while a watch is broken. */
  get sides(): Record<Side, SideObjects> | undefined {
    const live = this.#reflectors.every((reflector) => {
      const { synced, failures } = reflector.health();
      return synced && failures === 0;
    });
    if (!live || this.#reflectors.length === 0) return undefined;
    const pods = new Map(
      this.#reflectors
        .flatMap((one) => one.list())
        .map((pod) => [pod.metadata.uid ?? pod.metadata.name, pod]),
    );
    const side = (name: Side): SideObjects =>
      selectSide(this.#subject[name], this.#known[name].replicaSets, [...pods.values()]);
    return { stable: side('stable'), canary: side('canary') };
  }

  /**
   * Resolves as soon as a pod has changed since the last call, at the latest after `ms` milliseconds. One call at a time.
   * @throws CodedError `ABORTED` when the signal fires.
   */
  async changed(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#cluster.clock.setTimer(ms, resolve);
      const wake = (): void => resolve();
      signal.addEventListener('abort', wake, { once: true });
      this.#wake = wake;
      await promise;
      cancel();
      signal.removeEventListener('abort', wake);
      this.#wake = () => {};
    }
    this.#changed = false;
    if (signal.aborted) throw abortedError(signal, 'watching pods');
  }
}

/** What the pods of both sides are found by: one selector where hashes tell them all. */
function selectorsOf(subject: Subject, known: Readonly<Record<Side, SideObjects>>): string[] {
  const hashes = new Set<string>();
  const given = new Set<string>();
  for (const side of SIDES) {
    const scope = subject[side];
    if (scope.kind === 'selector') given.add(scope.selector);
    else if (scope.kind === 'revision') hashes.add(scope.hash);
    else {
      for (const { metadata } of known[side].replicaSets) {
        const hash = metadata.labels?.[LABEL_POD_TEMPLATE_HASH];
        if (hash !== undefined) hashes.add(hash);
      }
    }
  }
  const byHash = `${LABEL_POD_TEMPLATE_HASH} in (${[...hashes].sort().join(',')})`;
  return hashes.size === 0 ? [...given] : [...given, byHash];
}
