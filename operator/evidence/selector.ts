import { CodedError } from '../../crds/errors.ts';

/** One condition on a label. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'exists' | 'absent' | 'in' | 'notIn' | 'above' | 'below';
  /** The values of `in` and `notIn`; the one number of `above` and `below`. */
  readonly values: readonly string[];
}

/** Conditions that all have to hold; none of them matches everything. */
export type LabelSelector = readonly Requirement[];

type Labels = Readonly<Record<string, string>>;

const MAX_NAME = 63;
const MAX_PREFIX = 253;
const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const INTEGER = /^-?[0-9]{1,18}$/;

/**
 * Parses kubectl's selector syntax: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, `a>1`, `a<1`,
 * joined by commas; an empty text selects everything.
 * The grammar: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api and apimachinery's labels.Parse.
 * @throws CodedError `SELECTOR_INVALID` naming the text and what is wrong with it.
 */
export function parseSelector(text: string): LabelSelector {
  const tokens = tokenise(text);
  const fail = (what: string): CodedError =>
    new CodedError('SELECTOR_INVALID', `selector ${JSON.stringify(text)}: ${what}`);
  const requirements: Requirement[] = [];
  let at = 0;
  if (tokens.length === 0) return requirements;
  for (;;) {
    requirements.push(requirement());
    const next = tokens[at++];
    if (next === undefined) return requirements;
    if (next !== ',') throw fail(`a comma was expected instead of ${JSON.stringify(next)}`);
  }

  function requirement(): Requirement {
    if (tokens[at] === '!') {
      at++;
      return { key: key(), operator: 'absent', values: [] };
    }
    const name = key();
    const operator = tokens[at];
    switch (operator) {
      case undefined:
      case ',':
        return { key: name, operator: 'exists', values: [] };
      case '=':
      case '==':
        at++;
        return { key: name, operator: 'in', values: [value()] };
      case '!=':
        at++;
        return { key: name, operator: 'notIn', values: [value()] };
      case '>':
      case '<':
        at++;
        return { key: name, operator: operator === '>' ? 'above' : 'below', values: [integer()] };
      case 'in':
      case 'notin':
        at++;
        return { key: name, operator: operator === 'in' ? 'in' : 'notIn', values: list() };
      default:
        throw fail(`${JSON.stringify(operator)} is not an operator`);
    }
  }

  function key(): string {
    const token = tokens[at++];
    if (token === undefined || SYMBOLS.has(token)) throw fail('a label key is missing');
    const slash = token.indexOf('/');
    const prefix = slash < 0 ? undefined : token.slice(0, slash);
    const name = token.slice(slash + 1);
    if (prefix !== undefined && (prefix.length > MAX_PREFIX || !PREFIX.test(prefix))) {
      throw fail(`${JSON.stringify(token)} has no valid prefix`);
    }
    if (name.length > MAX_NAME || !NAME.test(name)) throw fail(`${JSON.stringify(token)} is not a label key`);
    return token;
  }

  function value(): string {
    const token = tokens[at];
    if (token === undefined || token === ',' || token === ')') return '';
    at++;
    if (token.length > MAX_NAME || !NAME.test(token)) {
      throw fail(`${JSON.stringify(token)} is not a label value`);
    }
    return token;
  }

  function integer(): string {
    const token = value();
    if (!INTEGER.test(token)) throw fail(`${JSON.stringify(token)} is not a whole number`);
    return token;
  }

  function list(): string[] {
    if (tokens[at++] !== '(') throw fail('"(" is missing');
    const values: string[] = [];
    for (;;) {
      values.push(value());
      const next = tokens[at++];
      if (next === ')') return values;
      if (next !== ',') throw fail('")" is missing');
    }
  }
}

const SYMBOLS = new Set([',', '(', ')', '!', '=', '==', '!=', '<', '>']);

function tokenise(text: string): string[] {
  return text.match(/==|!=|[=!<>(),]|[^\s=!<>(),]+/g) ?? [];
}

/** Whether labels satisfy every requirement; like kubectl, `!=` and `notin` also match where the label is absent. */
export function matches(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'exists':
        return value !== undefined;
      case 'absent':
        return value === undefined;
      case 'in':
        return value !== undefined && values.includes(value);
      case 'notIn':
        return value === undefined || !values.includes(value);
      case 'above':
      case 'below': {
        if (value === undefined || !INTEGER.test(value)) return false;
        const difference = BigInt(value) - BigInt(values[0] ?? '0');
        return operator === 'above' ? difference > 0n : difference < 0n;
      }
      default:
        return false;
    }
  });
}
