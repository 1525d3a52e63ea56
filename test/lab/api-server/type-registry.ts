import { builtInTypes } from './built-in-types.ts';
import type { ResourceType } from './resource-type.ts';

/** The resource types that are served right now. */
export class TypeRegistry {
  readonly #types = new Map<string, ResourceType>();

  constructor() {
    for (const type of builtInTypes()) this.add(type);
  }

  /** Serves a type, replacing an earlier one of the same group, version and plural. */
  add(type: ResourceType): void {
    this.#types.set(pathOf(type.group, type.version, type.plural), type);
  }

  /** Stops serving every version of a type. */
  remove(group: string, plural: string): void {
    for (const type of this.all()) {
      if (type.group === group && type.plural === plural)
        this.#types.delete(pathOf(group, type.version, plural));
    }
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.#types.get(pathOf(group, version, plural));
  }

  /** The type of an `apiVersion` and `kind`, as an owner reference names it. */
  findKind(apiVersion: string, kind: string): ResourceType | undefined {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return this.all().find((type) => type.group === group && type.version === version && type.kind === kind);
  }

  all(): ResourceType[] {
    return [...this.#types.values()];
  }
}

function pathOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
