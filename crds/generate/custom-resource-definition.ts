import type { InterfaceDeclaration, Project } from 'ts-morph';
import { CodedError } from '../errors.ts';
import type { JsonSchema, ValidationRule } from './json-schema.ts';
import { type Mutability, mutabilityOf, schemaOfInterface } from './schema-of-type.ts';

/** One additional printer column. */
interface Column {
  name: string;
  type: string;
  jsonPath: string;
  priority?: number;
}

/** Builds the CustomResourceDefinition of the interface that carries `@kubernetes` and `@column` tags. */
export function customResourceDefinition(
  project: Project,
  source: { root: string; kind: string; spec: string; status: string },
): Record<string, unknown> {
  const declaration = project.getSourceFileOrThrow(source.root).getInterfaceOrThrow(source.kind);
  const facts = kubernetesTag(declaration);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${facts.plural}.${facts.group}` },
    spec: {
      group: facts.group,
      names: {
        kind: facts.kind,
        listKind: `${facts.kind}List`,
        plural: facts.plural,
        singular: facts.singular,
        shortNames: [facts.shortName],
      },
      scope: facts.scope,
      versions: [
        {
          name: facts.version,
          served: true,
          storage: true,
          additionalPrinterColumns: columns(declaration),
          schema: { openAPIV3Schema: rootSchema(project, source, declaration) },
          subresources: { status: {} },
        },
      ],
    },
  };
}

/** The schema of the whole object, with the rules that hold across updates. */
function rootSchema(
  project: Project,
  source: { root: string; kind: string; spec: string; status: string },
  declaration: InterfaceDeclaration,
): JsonSchema {
  const spec = schemaOfInterface(project, source.spec, `${source.kind}Spec`);
  spec['x-kubernetes-validations'] = mutabilityRules(
    mutabilityOf(project, source.spec, `${source.kind}Spec`),
  );
  const status = schemaOfInterface(project, source.status, `${source.kind}Status`);
  return {
    description: declaration
      .getJsDocs()
      .map((doc) => doc.getDescription().trim().replace(/\s+/g, ' '))
      .join(' '),
    type: 'object',
    properties: {
      apiVersion: {
        type: 'string',
        description: 'The versioned schema of this representation of the object.',
      },
      kind: { type: 'string', description: 'The REST resource this object represents.' },
      metadata: { type: 'object' },
      spec,
      status,
    },
    required: ['spec'],
    'x-kubernetes-validations': [keepsVerdict],
  };
}

const keepsVerdict: ValidationRule = {
  rule: '!has(oldSelf.status) || !has(oldSelf.status.verdict) || (has(self.status) && has(self.status.verdict) && self.status.verdict == oldSelf.status.verdict)',
  message: 'a verdict, once set, stays',
};

/** One rule for all immutable fields, and one for each field that changes only one way. */
export function mutabilityRules(fields: ReadonlyMap<string, Mutability>): ValidationRule[] {
  const immutable = [...fields].filter(([, mutability]) => mutability === 'immutable').map(([name]) => name);
  const same = immutable.map(
    (name) =>
      `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || self.${name} == oldSelf.${name})`,
  );
  const mutable = [...fields].filter(([, mutability]) => mutability !== 'immutable').map(([name]) => name);
  const rules: ValidationRule[] = [
    { rule: same.join(' && '), message: `spec is immutable except ${mutable.join(' and ')}` },
  ];
  for (const [name, mutability] of fields) {
    if (mutability !== 'oneWay') continue;
    rules.push({
      rule: `!has(oldSelf.${name}) || !oldSelf.${name} || (has(self.${name}) && self.${name})`,
      message: `${name} cannot be taken back`,
    });
  }
  return rules;
}

const FACTS = ['group', 'version', 'kind', 'plural', 'singular', 'shortName', 'scope'] as const;

function kubernetesTag(declaration: InterfaceDeclaration): Record<(typeof FACTS)[number], string> {
  const words = new Map(
    tagTexts(declaration, 'kubernetes').flatMap((text) => text.split(/\s+/).map(keyValue)),
  );
  const fact = (name: string): string => {
    const value = words.get(name);
    if (value === undefined) {
      throw new CodedError('CONFIG_INVALID', `@kubernetes on ${declaration.getName()} lacks ${name}=`);
    }
    return value;
  };
  return {
    group: fact('group'),
    version: fact('version'),
    kind: fact('kind'),
    plural: fact('plural'),
    singular: fact('singular'),
    shortName: fact('shortName'),
    scope: fact('scope'),
  };
}

function columns(declaration: InterfaceDeclaration): Column[] {
  return tagTexts(declaration, 'column').map((text) => {
    const [name, type, jsonPath, ...options] = text.split(/\s+/);
    if (name === undefined || type === undefined || jsonPath === undefined) {
      throw new CodedError('CONFIG_INVALID', `@column ${text}: expected NAME TYPE JSONPATH [priority=N]`);
    }
    const priority = new Map(options.map(keyValue)).get('priority');
    return { name, type, jsonPath, ...(priority === undefined ? {} : { priority: Number(priority) }) };
  });
}

function tagTexts(declaration: InterfaceDeclaration, name: string): string[] {
  return declaration
    .getJsDocs()
    .flatMap((doc) => doc.getTags())
    .filter((tag) => tag.getTagName() === name)
    .map((tag) =>
      tag
        .getText()
        .replace(/^@\w+\s*/, '')
        .replace(/[\s*]+$/, ''),
    );
}

function keyValue(word: string): [string, string] {
  const [key = '', value = ''] = word.split('=');
  return [key, value];
}
