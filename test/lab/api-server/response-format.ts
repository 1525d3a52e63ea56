import type { KubeList, KubeObject, WatchEvent } from '../kubernetes.ts';
import type { ResourceType } from './resource-type.ts';
import type { Status } from './status.ts';
import { type IncludeObject, partialMetadata, toTable } from './table.ts';

/** How objects are shown to this client: as they are, as tables, or as metadata alone. */
export type Format = 'object' | 'table' | 'metadata';

/** Chooses the format by the first media type of an Accept header that this server can produce. */
export function formatOf(accept: string | undefined): Format {
  for (const media of (accept ?? '').split(',')) {
    if (!/^\s*(application\/(json|\*)|\*\/\*)/.test(media)) continue;
    if (/;\s*as=Table\b/.test(media)) {
      if (/;\s*v=v1(;|\s|$)/.test(media)) return 'table';
    } else if (/;\s*as=PartialObjectMetadata(List)?\b/.test(media)) return 'metadata';
    else if (!/;\s*as=/.test(media)) return 'object';
  }
  return 'object';
}

/** Renders lists, objects and watch events in one format. */
export class Formatter {
  readonly #type: ResourceType;
  readonly #format: Format;
  readonly #include: IncludeObject;
  readonly #now: () => Date;

  constructor(type: ResourceType, accept: string | undefined, query: URLSearchParams, now: () => Date) {
    this.#type = type;
    this.#format = formatOf(accept);
    this.#include = (query.get('includeObject') ?? 'Metadata') as IncludeObject;
    this.#now = now;
  }

  list(list: KubeList): unknown {
    if (this.#format === 'table') return this.#table(list.items, list.metadata);
    if (this.#format === 'object') return list;
    const { metadata, items } = list;
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(partialMetadata),
    };
  }

  object(object: KubeObject): unknown {
    if (this.#format === 'metadata') return partialMetadata(object);
    if (this.#format === 'object') return object;
    return this.#table([object], { resourceVersion: object.metadata.resourceVersion ?? '' });
  }

  event(event: WatchEvent<KubeObject | Status>): unknown {
    const { object } = event;
    if (event.type === 'ERROR' || object.kind === 'Status') return event;
    if (event.type === 'BOOKMARK' && this.#format === 'table') {
      const { resourceVersion } = object.metadata as KubeObject['metadata'];
      return { type: event.type, object: this.#table([], { resourceVersion: resourceVersion ?? '' }) };
    }
    return { type: event.type, object: this.object(object as KubeObject) };
  }

  #table(objects: readonly KubeObject[], metadata: KubeList['metadata']): unknown {
    return toTable(this.#type, objects, metadata, this.#include, this.#now());
  }
}
