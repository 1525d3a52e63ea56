import type { OperatorConfig } from './types.ts';

/** What the analyses of one namespace may reach. */
export interface Allowance {
  /** Origins that a spec's reviewers may point to, besides the configured ones and Services. */
  readonly reviewerOrigins: readonly string[];
  /** Repositories that may be reported to; whatever the token reaches when absent. */
  readonly repositories?: readonly string[];
}

/** The first of `allowances` that names the namespace; where it, or one of its lists, is absent the general lists hold. */
export function allowanceOf(config: OperatorConfig, namespace: string): Allowance {
  const own = config.allowances?.find(({ namespaces }) => namespaces.includes(namespace));
  const repositories = own?.repositories ?? config.gitHub?.allowedRepositories;
  return {
    reviewerOrigins: own?.reviewerOrigins ?? config.reviewers?.allowedOrigins ?? [],
    ...(repositories === undefined ? {} : { repositories }),
  };
}
