import type { Clock } from '../../crds/client/clock.ts';
import { Reflector } from '../../crds/client/reflector.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import type { EventHandler } from '../../crds/client/store.ts';
import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import { LABEL_AWAITED, LABEL_PLUGIN, pluginLabel } from '../../crds/v1alpha1/labels.ts';
import type { Logger } from '../logger.ts';

/** What a {@link Mirror} works with. */
export interface MirrorOptions {
  readonly client: Pick<ResourceClient<CanaryAnalysis>, 'listAll' | 'watch'>;
  readonly handler: EventHandler<CanaryAnalysis>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

interface Watch {
  readonly reflector: Reflector<CanaryAnalysis>;
  readonly stop: AbortController;
  /** Wall clock, when listing or watching last failed. */
  failedAt: number;
}

/**
 * The awaited analyses of the plugin names in use, kept by watching: of the whole cluster with one watch for each name,
 * or, where that is forbidden, of the namespaces that calls came for.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  /** By plugin label, then by namespace; the empty one is the whole cluster. */
  readonly #watches = new Map<string, Map<string, Watch>>();
  readonly #namespaces = new Map<string, Set<string>>();

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** Sees to it that the analyses of this name in this namespace are watched; cheap when they are. */
  cover(pluginName: string, namespace: string): void {
    const label = pluginLabel(pluginName);
    const namespaces = this.#namespaces.get(label) ?? new Set();
    this.#namespaces.set(label, namespaces.add(namespace));
    const watches = this.#watches.get(label);
    if (watches === undefined) {
      this.#watches.set(label, new Map());
      this.#start(label, '');
    } else if (!watches.has('') && !watches.has(namespace)) {
      this.#start(label, namespace);
    }
  }

  /** The object as last seen by a watch that stands; undefined where only the API server knows. */
  get(pluginName: string, namespace: string, name: string): CanaryAnalysis | undefined {
    const watches = this.#watches.get(pluginLabel(pluginName));
    const watch = watches?.get('') ?? watches?.get(namespace);
    if (watch === undefined) return undefined;
    const { reflector, failedAt } = watch;
    const { lastContact = Number.NEGATIVE_INFINITY } = reflector.health();
    if (!reflector.hasSynced || lastContact <= failedAt) return undefined;
    return reflector.get(namespace, name);
  }

  #start(label: string, namespace: string): void {
    const { client, clock, random, handler, signal } = this.#options;
    if (signal.aborted) return;
    const stop = new AbortController();
    const reflector = new Reflector<CanaryAnalysis>({
      client,
      clock,
      labelSelector: `${LABEL_AWAITED}=true,${LABEL_PLUGIN}=${label}`,
      ...(namespace === '' ? {} : { namespace }),
      ...(random === undefined ? {} : { random }),
      onError: ({ error, during, failures }) => {
        if (during !== 'handler') watch.failedAt = clock.now();
        this.#failed(label, namespace, error, during, failures);
      },
    });
    reflector.addHandler(handler);
    const watch: Watch = { reflector, stop, failedAt: Number.NEGATIVE_INFINITY };
    this.#watches.get(label)?.set(namespace, watch);
    void reflector.run(AbortSignal.any([signal, stop.signal]));
  }

  #failed(label: string, namespace: string, error: unknown, during: string, failures: number): void {
    const { log } = this.#options;
    const fields = {
      plugin: label,
      namespace: namespace === '' ? 'all' : namespace,
      error: error instanceof Error ? error.message : String(error),
    };
    if (during === 'handler') {
      log.error('a change of a CanaryAnalysis could not be handled', fields);
    } else if (namespace === '' && isCoded(error, 'API_FORBIDDEN')) {
      log.warn(
        'watching CanaryAnalyses of all namespaces is forbidden: watching those that calls came for',
        fields,
      );
      this.#narrow(label);
    } else if (failures === 1) {
      log.warn('CanaryAnalyses cannot be watched; it is tried again', fields);
    }
  }

  #narrow(label: string): void {
    const watches = this.#watches.get(label);
    watches?.get('')?.stop.abort();
    watches?.delete('');
    for (const namespace of this.#namespaces.get(label) ?? []) this.#start(label, namespace);
  }
}
