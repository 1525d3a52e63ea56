import { readFile } from 'node:fs/promises';
import { grantsOf, type RoleObject } from '../../lab/grants.ts';
import type { RealLab } from '../../lab/real-lab.ts';
import { CONTROLLER } from '../../lab/rollouts/controller.ts';
import { OPERATOR, renderLeastPrivilege } from '../../lab/rollouts/least-privilege.ts';

/** The roles of the installation by the account that each is for; the view is for people. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  'canary-analysis-operator': userOf(OPERATOR),
  'canary-analysis-plugin': userOf(CONTROLLER),
};

/** What a rollout need not make use of, with what does. */
export const SELDOM_USED: Readonly<Record<string, string>> = {
  'canary-analysis-operator: delete metric-ai.argoproj-labs.io/canaryanalyses':
    'OwnerReferencesPermissionEnforcement, which OpenShift has and the lab has not',
  'canary-analysis-operator: delete configmaps': 'stored evidence whose time is over, after hours',
  'canary-analysis-operator: patch configmaps': 'evidence that an operator had stored before it was gone',
  'canary-analysis-operator: patch events': 'an Event that repeats',
  'canary-analysis-plugin: get metric-ai.argoproj-labs.io/canaryanalyses':
    'an analysis that another plugin process has made, or that the watch has not shown yet',
};

/** An entry of the API server's audit log (audit.k8s.io/v1 Event), as far as it is read here. */
interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** The rights that the installation grants and that nobody has made use of on a lab that keeps an audit log. */
export async function unusedRights(lab: RealLab): Promise<string[]> {
  const used = new Set<string>();
  for (const line of (await readFile(lab.auditLog, 'utf8')).split('\n')) {
    if (line === '') continue;
    const { user, verb, objectRef = {}, responseStatus = {} } = JSON.parse(line) as AuditEvent;
    if ((responseStatus.code ?? 500) >= 400) continue;
    const { apiGroup = '', resource = '', subresource } = objectRef;
    const type = subresource === undefined ? resource : `${resource}/${subresource}`;
    used.add(`${user.username} ${verb} ${typeName(apiGroup, type)}`);
  }
  const roles = (await renderLeastPrivilege(lab)).filter(({ kind }) => /^(Cluster)?Role$/.test(kind));
  const unused = (roles as unknown as RoleObject[])
    .flatMap(grantsOf)
    .flatMap(({ role, group, resource, verb }) => {
      const name = role.replace(/^\w+ /, '');
      const user = ACCOUNTS[name];
      const type = typeName(group, resource);
      return user === undefined || used.has(`${user} ${verb} ${type}`) ? [] : [`${name}: ${verb} ${type}`];
    });
  return unused.sort();
}

function typeName(group: string, resource: string): string {
  return group === '' ? resource : `${group}/${resource}`;
}

function userOf({ namespace, name }: { namespace: string; name: string }): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
