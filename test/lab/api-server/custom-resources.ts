import { isObject, type JsonObject, type KubeObject, timestamp } from '../kubernetes.ts';
import { compileObjectSchema } from './object-schema.ts';
import { columnPrinter } from './printer.ts';
import type { ResourceType } from './resource-type.ts';
import { invalid, type StatusCause } from './status.ts';

const CRD = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' };

/** The resource types that a CustomResourceDefinition asks to be served. Throws a 422 that says what is wrong with it. */
export function customResourceTypes(definition: KubeObject): ResourceType[] {
  const spec = definition.spec ?? {};
  const names = isObject(spec['names']) ? spec['names'] : {};
  const group = String(spec['group'] ?? '');
  const plural = String(names['plural'] ?? '');
  const causes: StatusCause[] = [];
  if (definition.metadata.name !== `${plural}.${group}`) {
    causes.push(
      cause(
        'metadata.name',
        `Invalid value: "${definition.metadata.name}": must be spec.names.plural+"."+spec.group`,
      ),
    );
  }
  const versions = objects(spec['versions']);
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    causes.push(
      cause('spec.versions', 'Invalid value: must have exactly one version marked as storage version'),
    );
  }
  const types = versions.flatMap((version, index) => {
    if (version['served'] !== true) return [];
    try {
      return [customResourceType(spec, names, version)];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      causes.push(cause(`spec.versions[${index}].schema.openAPIV3Schema`, `Invalid value: ${message}`));
      return [];
    }
  });
  if (causes.length > 0) throw invalid(CRD, definition.metadata.name, causes);
  return types;
}

/** The definition with the status of one that is accepted and served. */
export function established(definition: KubeObject, now: Date): KubeObject {
  const spec = definition.spec ?? {};
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime: timestamp(now),
    reason,
    message,
  });
  const names = isObject(spec['names']) ? spec['names'] : {};
  const stored = objects(spec['versions']).filter((version) => version['storage'] === true);
  return {
    ...definition,
    status: {
      acceptedNames: { listKind: `${names['kind']}List`, ...names },
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      storedVersions: stored.map((version) => version['name']),
    },
  };
}

function customResourceType(spec: JsonObject, names: JsonObject, version: JsonObject): ResourceType {
  const kind = String(names['kind']);
  const subresources = isObject(version['subresources']) ? version['subresources'] : {};
  const schema = isObject(version['schema']) ? version['schema']['openAPIV3Schema'] : undefined;
  if (!isObject(schema)) throw new Error('schemas are required');
  return {
    group: String(spec['group']),
    version: String(version['name']),
    kind,
    listKind: String(names['listKind'] ?? `${kind}List`),
    plural: String(names['plural']),
    singular: String(names['singular'] ?? kind.toLowerCase()),
    shortNames: strings(names['shortNames']),
    categories: strings(names['categories']),
    namespaced: spec['scope'] === 'Namespaced',
    statusSubresource: isObject(subresources['status']),
    generation: true,
    fieldSelectors: objects(version['selectableFields']).map((field) =>
      String(field['jsonPath']).replace(/^\./, ''),
    ),
    subresources: [],
    printer: columnPrinter(objects(version['additionalPrinterColumns'])),
    schema: compileObjectSchema(schema),
    custom: true,
  };
}

function cause(field: string, message: string): StatusCause {
  return { reason: 'FieldValueInvalid', field, message };
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
