/** One right: a verb on a resource that a role gives. */
export interface Grant {
  /** Kind and name, e.g. `ClusterRole canary-analysis-view`. */
  readonly role: string;
  readonly group: string;
  /** With its subresource, e.g. `pods/log`. */
  readonly resource: string;
  /** The only object that it is about; all when absent. */
  readonly name?: string;
  readonly verb: string;
}

/** A line of the table in docs/permissions.md: some grants and what uses them. */
export interface DocumentedGrants {
  readonly grants: readonly Grant[];
  /** What the line names as using them: files, relative to docs/, or `people`. */
  readonly usedBy: readonly string[];
  readonly purpose: string;
}

/** A role as kustomize renders it. */
export interface RoleObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** Every single right of a role. */
export function grantsOf({ kind, metadata, rules }: RoleObject): Grant[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        (resourceNames ?? [undefined]).flatMap((name) =>
          verbs.map((verb) => ({
            role: `${kind} ${metadata.name}`,
            group,
            resource,
            ...(name === undefined ? {} : { name }),
            verb,
          })),
        ),
      ),
    ),
  );
}

/** The lines of the table of a page, those that name a role. */
export function documentedGrants(page: string): DocumentedGrants[] {
  return page
    .split('\n')
    .filter((line) => /^\| (Cluster)?Role [a-z]/.test(line))
    .map((line) => {
      const [role = '', resource = '', verbs = '', usedBy = '', purpose = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const [qualified = '', name] = resource.split(' named ');
      const [type = '', subresource] = qualified.split('/');
      const dot = type.indexOf('.');
      const plural = dot < 0 ? type : type.slice(0, dot);
      const links = [...usedBy.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
      return {
        grants: verbs.split(', ').map((verb) => ({
          role,
          group: dot < 0 ? '' : type.slice(dot + 1),
          resource: subresource === undefined ? plural : `${plural}/${subresource}`,
          ...(name === undefined ? {} : { name }),
          verb,
        })),
        usedBy: links.length === 0 ? [usedBy] : links,
        purpose,
      };
    });
}

/** One right in words, to compare and to sort. */
export function grantText({ role, group, resource, name, verb }: Grant): string {
  const type = group === '' ? resource : `${group}/${resource}`;
  return `${role}: ${verb} ${type}${name === undefined ? '' : ` named ${name}`}`;
}
