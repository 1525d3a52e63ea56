import {
  type InterfaceDeclaration,
  type JSDocableNode,
  Node,
  type Project,
  type PropertySignature,
  type TypeAliasDeclaration,
  type TypeNode,
} from 'ts-morph';
import { CodedError } from '../errors.ts';
import type { JsonSchema } from './json-schema.ts';

/** Tags whose value is a number and whose name is the JSON Schema keyword. */
const NUMERIC_TAGS = [
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
] as const;

/** How a property may change after creation; see the `@mutable` tag. */
export type Mutability = 'immutable' | 'mutable' | 'oneWay';

/**
 * Derives the JSON Schema of an exported interface from its declaration: doc comments become descriptions,
 * `@minimum`, `@maxLength`, `@pattern`, … become the keywords of the same name.
 * @throws CodedError `CONFIG_INVALID` for a construct the schema cannot express, an undocumented field or an unbounded value, naming it.
 */
export function schemaOfInterface(project: Project, file: string, name: string): JsonSchema {
  return interfaceSchema(project.getSourceFileOrThrow(file).getInterfaceOrThrow(name));
}

/** The mutability of each property of an interface, in order of declaration. */
export function mutabilityOf(project: Project, file: string, name: string): Map<string, Mutability> {
  const declaration = project.getSourceFileOrThrow(file).getInterfaceOrThrow(name);
  return new Map(
    declaration.getProperties().map((property) => [property.getName(), propertyMutability(property)]),
  );
}

function propertyMutability(property: PropertySignature): Mutability {
  const tag = tagsOf(property).get('mutable');
  if (tag === undefined) return 'immutable';
  return tag === 'oneWay' ? 'oneWay' : 'mutable';
}

function interfaceSchema(declaration: InterfaceDeclaration): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const base of declaration.getBaseDeclarations()) {
    if (!Node.isInterfaceDeclaration(base)) throw unsupported(base, 'only an interface can be extended');
    const inherited = interfaceSchema(base);
    Object.assign(properties, inherited.properties);
    required.push(...(inherited.required ?? []));
  }
  for (const property of declaration.getProperties()) {
    properties[property.getName()] = propertySchema(property);
    if (!property.hasQuestionToken()) required.push(property.getName());
  }
  const schema: JsonSchema = { ...annotations(declaration), type: 'object', properties };
  if (required.length > 0) schema.required = required;
  const exclusive = tagsOf(declaration).get('exactlyOneOf');
  if (exclusive !== undefined) schema.oneOf = exclusive.split(',').map((field) => ({ required: [field] }));
  return schema;
}

function propertySchema(property: PropertySignature): JsonSchema {
  const typeNode = property.getTypeNodeOrThrow();
  const schema = { ...typeSchema(typeNode), ...annotations(property) };
  if (schema.description === undefined) throw unsupported(property, 'it has no doc comment');
  requireBounds(schema, property);
  return schema;
}

function typeSchema(node: TypeNode): JsonSchema {
  if (Node.isStringKeyword(node)) return { type: 'string' };
  if (Node.isNumberKeyword(node)) return { type: 'integer' };
  if (Node.isBooleanKeyword(node)) return { type: 'boolean' };
  if (Node.isArrayTypeNode(node)) {
    const items = typeSchema(node.getElementTypeNode());
    requireBounds(items, node);
    return { type: 'array', items };
  }
  if (Node.isLiteralTypeNode(node)) return { type: 'string', enum: [literal(node)] };
  if (Node.isUnionTypeNode(node)) return unionSchema(node.getTypeNodes());
  if (Node.isTypeReference(node)) return referenceSchema(node);
  throw unsupported(node, `type ${node.getText()} has no schema`);
}

function unionSchema(members: TypeNode[]): JsonSchema {
  if (members.every((member) => Node.isLiteralTypeNode(member))) {
    return { type: 'string', enum: members.map(literal) };
  }
  return { anyOf: members.map(typeSchema) };
}

function literal(node: TypeNode): string {
  const text = node.getText();
  if (!text.startsWith("'")) throw unsupported(node, 'only string literals are supported');
  return text.slice(1, -1);
}

function referenceSchema(node: TypeNode): JsonSchema {
  if (!Node.isTypeReference(node)) throw unsupported(node, 'not a reference');
  const name = node.getTypeName().getText();
  const [first, second] = node.getTypeArguments();
  if (name === 'Required' && first !== undefined) return allRequired(typeSchema(first));
  if (name === 'Partial' && first !== undefined) return without(typeSchema(first), 'required');
  if ((name === 'Pick' || name === 'Omit') && first !== undefined && second !== undefined) {
    return picked(typeSchema(first), keysOf(second), name === 'Pick');
  }
  if (name === 'Record' && second !== undefined) {
    const values = typeSchema(second);
    requireBounds(values, node);
    return { type: 'object', additionalProperties: values };
  }
  const declaration = declarationOf(node);
  if (Node.isInterfaceDeclaration(declaration)) return interfaceSchema(declaration);
  return { ...typeSchema(declaration.getTypeNodeOrThrow()), ...annotations(declaration) };
}

function declarationOf(node: TypeNode): InterfaceDeclaration | TypeAliasDeclaration {
  const identifier = Node.isTypeReference(node) ? node.getTypeName() : node;
  const symbol = identifier.getSymbol();
  for (const declaration of (symbol?.getAliasedSymbol() ?? symbol)?.getDeclarations() ?? []) {
    if (Node.isInterfaceDeclaration(declaration) || Node.isTypeAliasDeclaration(declaration))
      return declaration;
  }
  throw unsupported(node, `${node.getText()} is neither an interface nor a type alias`);
}

function keysOf(node: TypeNode): Set<string> {
  return new Set(Node.isUnionTypeNode(node) ? node.getTypeNodes().map(literal) : [literal(node)]);
}

function allRequired(schema: JsonSchema): JsonSchema {
  return { ...schema, required: Object.keys(schema.properties ?? {}) };
}

function without(schema: JsonSchema, keyword: 'required'): JsonSchema {
  const { [keyword]: _dropped, ...rest } = schema;
  return rest;
}

function picked(schema: JsonSchema, keys: Set<string>, keep: boolean): JsonSchema {
  const kept = Object.entries(schema.properties ?? {}).filter(([key]) => keys.has(key) === keep);
  const required = (schema.required ?? []).filter((key) => keys.has(key) === keep);
  const result = { ...without(schema, 'required'), properties: Object.fromEntries(kept) };
  return required.length === 0 ? result : { ...result, required };
}

function annotations(node: JSDocableNode & Node): JsonSchema {
  const schema: JsonSchema = {};
  const description = node
    .getJsDocs()
    .map((doc) => doc.getDescription().trim().replace(/\s+/g, ' '))
    .filter((text) => text !== '')
    .map(withoutLinks)
    .join(' ');
  if (description !== '') schema.description = description;
  const tags = tagsOf(node);
  for (const keyword of NUMERIC_TAGS) {
    const value = tags.get(keyword);
    if (value !== undefined) schema[keyword] = Number(value);
  }
  const pattern = tags.get('pattern');
  if (pattern !== undefined) schema.pattern = pattern;
  const format = tags.get('format');
  if (format !== undefined) schema.format = format;
  const listType = tags.get('listType');
  if (listType === 'atomic' || listType === 'map' || listType === 'set')
    schema['x-kubernetes-list-type'] = listType;
  const listMapKey = tags.get('listMapKey');
  if (listMapKey !== undefined) schema['x-kubernetes-list-map-keys'] = [listMapKey];
  return schema;
}

function tagsOf(node: JSDocableNode & Node): Map<string, string> {
  const tags = node.getJsDocs().flatMap((doc) => doc.getTags());
  return new Map(tags.map((tag) => [tag.getTagName(), tagText(tag.getText())]));
}

/** The text behind `@name`: ts-morph's own comment text drops braces and links, which patterns need. */
function tagText(text: string): string {
  const value = text.replace(/^@\w+\s*/, '').replace(/\s*\n\s*\*\s*/g, ' ');
  return value.trim();
}

function withoutLinks(text: string): string {
  return text.replace(/\{@link\s+([^}]+)\}/g, '$1');
}

function requireBounds(schema: JsonSchema, node: Node): void {
  const { type } = schema;
  if (
    type === 'string' &&
    schema.enum === undefined &&
    schema.maxLength === undefined &&
    schema.format === undefined &&
    schema.pattern === undefined
  ) {
    throw unsupported(node, 'a string needs @maxLength, @pattern or @format');
  }
  if (type === 'integer' && (schema.minimum === undefined || schema.maximum === undefined)) {
    throw unsupported(node, 'a number needs @minimum and @maximum');
  }
  if (type === 'array' && schema.maxItems === undefined) throw unsupported(node, 'a list needs @maxItems');
  if (typeof schema.additionalProperties === 'object' && schema.maxProperties === undefined) {
    throw unsupported(node, 'a map needs @maxProperties');
  }
}

function unsupported(node: Node, why: string): CodedError {
  const where = `${node.getSourceFile().getBaseName()}:${node.getStartLineNumber()}`;
  return new CodedError(
    'CONFIG_INVALID',
    `${where}: no schema for \`${node.getText().slice(0, 80)}\`: ${why}`,
  );
}
