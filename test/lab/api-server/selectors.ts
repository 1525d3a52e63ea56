import type { KubeObject } from '../kubernetes.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest } from './status.ts';

/** Whether an object is part of a list or watch. */
export type Selector = (object: KubeObject) => boolean;

const SET_REQUIREMENT = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/;
const EQUALITY_REQUIREMENT = /^([^\s!=<>]+)\s*(==|=|!=|<|>)\s*([^\s!=<>]*)$/;
const EXISTENCE_REQUIREMENT = /^(!?)\s*([^\s!=<>()]+)$/;

/**
 * Parses a label selector in kubectl's string syntax: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`,
 * joined by commas. Throws a 400 as the API server words it.
 */
export function labelSelector(text: string): Selector {
  const requirements = splitOutsideParentheses(text).map(labelRequirement);
  return (object) => requirements.every((requirement) => requirement(object.metadata.labels ?? {}));
}

/** Parses a field selector: `path=value`, `path!=value`, joined by commas. Throws a 400 for a field that the type does not select by. */
export function fieldSelector(text: string, type: ResourceType): Selector {
  const supported = ['metadata.name', 'metadata.namespace', ...type.fieldSelectors];
  const requirements = text
    .split(',')
    .filter(Boolean)
    .map((requirement): Selector => {
      const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(requirement);
      const [, path = '', operator, value] = match ?? [];
      if (match === null) throw badRequest(`Unable to find "${requirement}" that match label selector`);
      if (!supported.includes(path)) throw badRequest(`field label not supported: ${path}`);
      const equal = (object: KubeObject) => fieldText(object, path) === value;
      return operator === '!=' ? (object) => !equal(object) : equal;
    });
  return (object) => requirements.every((requirement) => requirement(object));
}

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = SET_REQUIREMENT.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    const isIn = (labels: Readonly<Record<string, string>>) => {
      const value = labels[key];
      return value !== undefined && values.includes(value);
    };
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const equality = EQUALITY_REQUIREMENT.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    if (operator === '!=') return (labels) => labels[key] !== value;
    if (operator === '>') return (labels) => Number(labels[key]) > Number(value);
    if (operator === '<') return (labels) => Number(labels[key]) < Number(value);
    return (labels) => labels[key] === value;
  }
  const existence = EXISTENCE_REQUIREMENT.exec(text);
  if (existence !== null) {
    const [, negation, key = ''] = existence;
    return (labels) => (labels[key] !== undefined) === (negation === '');
  }
  throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`);
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);
}

function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step];
  return value === undefined || value === null ? '' : String(value);
}
