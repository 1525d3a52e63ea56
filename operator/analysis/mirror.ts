import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import { Reflector, type ReflectorHealth, type ReflectorOptions } from '../../crds/client/reflector.ts';
import type { EventHandler } from '../../crds/client/store.ts';

/** The objects of one resource type in the watched namespaces: one reflector for all of them, or one for each. */
export class Mirror<T extends KubernetesObject> {
  readonly reflectors: readonly Reflector<T>[];

  /** @param namespaces all when absent */
  constructor(options: Omit<ReflectorOptions<T>, 'namespace'>, namespaces: readonly string[] | undefined) {
    this.reflectors =
      namespaces === undefined
        ? [new Reflector(options)]
        : namespaces.map((namespace) => new Reflector({ ...options, namespace }));
  }

  /** The object as last seen. */
  get(namespace: string, name: string): T | undefined {
    for (const reflector of this.reflectors) {
      const object = reflector.get(namespace, name);
      if (object !== undefined) return object;
    }
    return undefined;
  }

  /** By `namespace/name`. */
  getByKey(key: string): T | undefined {
    for (const reflector of this.reflectors) {
      const object = reflector.getByKey(key);
      if (object !== undefined) return object;
    }
    return undefined;
  }

  /** All objects as last seen, or those of one namespace. */
  list(namespace?: string): T[] {
    const all = this.reflectors.flatMap((reflector) => reflector.list());
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Adds a handler to every reflector; returns what removes it. */
  addHandler(handler: EventHandler<T>): () => void {
    const removers = this.reflectors.map((reflector) => reflector.addHandler(handler));
    return () => {
      for (const remove of removers) remove();
    };
  }

  /** True once every first list has arrived. */
  get hasSynced(): boolean {
    return this.reflectors.every((reflector) => reflector.hasSynced);
  }

  health(): ReflectorHealth[] {
    return this.reflectors.map((reflector) => reflector.health());
  }

  /** Mirrors until the signal fires; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.reflectors.map((reflector) => reflector.run(signal)));
  }
}
