import { randomUUID } from 'node:crypto';
import { ApiError, unauthorized } from './status.ts';

/** Who makes a request. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What a request wants, in RBAC's words. */
export interface Access {
  readonly user: User;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`. */
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods`, `pods/log`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** What to refuse; a field that is left out matches everything. `resource` is RBAC's: `pods` does not cover `pods/log`. */
export interface DenyRule {
  readonly user?: string;
  readonly verb?: string | readonly string[];
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The user that in-cluster parts of the lab and the tests' own set-up run as. */
export const ADMIN = 'system:admin';
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Bearer tokens and what their users may not do. A user may do everything until a rule denies it; nobody without a token may do anything. */
export class AccessControl {
  readonly #users = new Map<string, User>();
  readonly #rules = new Set<DenyRule>();

  /** A token for a user; each call makes a new one. Groups default to those of any authenticated user. */
  tokenFor(name: string, groups: readonly string[] = []): string {
    const token = randomUUID();
    this.#users.set(token, { name, groups: [...groups, 'system:authenticated'] });
    return token;
  }

  /** Makes a token worthless. */
  revoke(token: string): void {
    this.#users.delete(token);
  }

  /** Answers 403 to what matches until the returned function is called. */
  deny(rule: DenyRule): () => void {
    this.#rules.add(rule);
    return () => this.#rules.delete(rule);
  }

  /** The user of an `Authorization` header. Throws a 401 for a token that nobody has. */
  authenticate(header: string | undefined): User {
    if (header === undefined) return ANONYMOUS;
    const user = this.#users.get(header.replace(/^Bearer\s+/i, ''));
    if (user === undefined) throw unauthorized();
    return user;
  }

  /** Whether a request is allowed. */
  allows(access: Access): boolean {
    return access.user !== ANONYMOUS && ![...this.#rules].some((rule) => matches(rule, access));
  }

  /** Throws the 403 of a request that is not allowed. */
  authorize(access: Access): void {
    if (this.allows(access)) return;
    const { user, verb, group, resource, namespace, name } = access;
    const [plural = ''] = resource.split('/');
    const subject = group === '' ? plural : `${plural}.${group}`;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const named = name === '' ? subject : `${subject} "${name}"`;
    throw new ApiError(
      403,
      'Forbidden',
      `${named} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
      { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural },
    );
  }
}

function matches(rule: DenyRule, access: Access): boolean {
  const verbs = rule.verb === undefined ? undefined : [rule.verb].flat();
  return (
    (rule.user === undefined || rule.user === access.user.name) &&
    (verbs === undefined || verbs.includes(access.verb)) &&
    (rule.group === undefined || rule.group === access.group) &&
    (rule.resource === undefined || rule.resource === access.resource) &&
    (rule.namespace === undefined || rule.namespace === access.namespace) &&
    (rule.name === undefined || rule.name === access.name)
  );
}
