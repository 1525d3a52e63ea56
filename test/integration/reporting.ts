import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { GitHubReport } from '../../crds/v1alpha1/spec.ts';
import type { CanaryAnalysisStatus, Condition, ProposedEdit } from '../../crds/v1alpha1/status.ts';
import { issueText } from '../../operator/github/index.ts';
import { type GitHubDouble, type StoredRepository, startGitHubDouble } from '../lab/doubles/github.ts';
import type { KubeObject } from '../lab/kubernetes.ts';
import { System, type SystemOptions } from './system.ts';

const ANALYSES = '/apis/metric-ai.argoproj-labs.io/v1alpha1';

/** A file of every repository, and a fix for it. */
export const MANIFEST = 'env:\n  - name: DATABASE_URL\n    value: ""\n';
export const EDIT: ProposedEdit = {
  path: 'deploy/web.yaml',
  before: 'value: ""',
  after: 'value: postgres://db',
};
export const FIXED = MANIFEST.replace(EDIT.before, EDIT.after);

const ABORTED: CanaryAnalysisStatus = {
  rollout: 'web',
  verdict: 'Abort',
  reason: 'Regression',
  message: 'canary fails',
  confidence: 97,
  findings: [{ id: 'F1', kind: 'NovelError', severity: 'Regressed', message: 'new', template: 'it fails' }],
};

/** The status of an analysis whose reviewer proposed a fix. */
export function withFix(edits: readonly ProposedEdit[]): Partial<CanaryAnalysisStatus> {
  const proposedFix = { summary: 'Set DATABASE_URL.', edits: [...edits] };
  return { opinions: [{ reviewer: 'gemini/x', verdict: 'Abort', confidence: 90, proposedFix }] };
}

/** Where a report is made, by the last part of a repository's name. */
export function url(name: string): string {
  return `https://github.com/acme/${name}`;
}

/** The `Reported` condition of an analysis. */
export function reportedOf({ status }: CanaryAnalysis): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Reported');
}

/** The collection of a namespace's analyses, or one of them. */
export function pathOf(namespace: string, name = '', more = ''): string {
  return `${ANALYSES}/namespaces/${namespace}/canaryanalyses${name === '' ? '' : `/${name}`}${more}`;
}

/** A whole system whose operator reports to a GitHub. */
export class Reporting {
  readonly system: System;
  readonly gitHub: GitHubDouble;

  private constructor(system: System, gitHub: GitHubDouble) {
    this.system = system;
    this.gitHub = gitHub;
  }

  static async start(
    options: SystemOptions & {
      readonly operatorConfig?: Readonly<Record<string, unknown>>;
      readonly limits?: NonNullable<Parameters<typeof startGitHubDouble>[0]>['limits'];
    } = {},
  ): Promise<Reporting> {
    const { limits, operatorConfig, operatorEnv, ...rest } = options;
    const token = 'github-token';
    const gitHub = await startGitHubDouble({ token, ...(limits === undefined ? {} : { limits }) });
    const system = await System.start({
      operatorConfig: {
        gitHub: { webURL: 'https://github.com', apiURL: gitHub.url, pullRequestPaths: ['deploy'] },
        ...operatorConfig,
      },
      operatorEnv: { GITHUB_TOKEN: token, ...operatorEnv },
      ...rest,
    });
    return new Reporting(system, gitHub);
  }

  /** Ends all; GitHub must have been asked, and must have answered, as it describes itself. */
  async stop(): Promise<void> {
    await this.system.stop();
    await this.gitHub.close();
    expect(this.gitHub.violations).to.deep.equal([]);
  }

  /** A repository with a manifest on its default branch. */
  addRepository(name: string): StoredRepository {
    const repository = this.gitHub.addRepository(`acme/${name}`);
    repository.git.seed('main', { [EDIT.path]: MANIFEST });
    return repository;
  }

  /** Opens the issue that the operator opened for an earlier analysis of the Rollout in a namespace; the analysis has gone. */
  addIssue(namespace: string, repository: StoredRepository, rolloutUID?: string): void {
    const createdAt = new Date(Date.now() - 60_000).toISOString();
    const status = { ...ABORTED, completionTime: createdAt };
    const report = { namespace, name: 'earlier', uid: 'uid-of-earlier', rollout: 'web', status };
    const rollout = rolloutUID === undefined ? {} : { rolloutUID };
    const text = issueText({ repositoryURL: url(''), ...report, ...rollout }, (one) => one);
    const issue = { ...text, labels: ['canary-analysis'], createdAt, state: 'open' } as const;
    repository.issues.push({ number: 1, ...issue, comments: [] });
  }

  /** Leaves an analysis as an operator leaves it that is killed right after the verdict: kills the operator first. */
  async decided(
    namespace: string,
    name: string,
    report: GitHubReport,
    status: Partial<CanaryAnalysisStatus> = {},
    rollout?: KubeObject,
  ): Promise<void> {
    const { lab, operator } = this.system;
    await operator?.kill();
    await lab.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const owner = rollout && {
      ...{ apiVersion: rollout.apiVersion, kind: rollout.kind },
      ...{ name: rollout.metadata.name, uid: rollout.metadata.uid ?? '' },
    };
    const analysis = {
      apiVersion: ANALYSES.slice('/apis/'.length),
      kind: 'CanaryAnalysis',
      metadata: { namespace, name, ...(owner === undefined ? {} : { ownerReferences: [owner] }) },
      spec: { rolloutRef: { name: 'web' }, gitHub: { pullRequest: false, ...report } },
    };
    await lab.apply(analysis as unknown as KubeObject);
    const now = new Date().toISOString();
    await lab.client.patch(pathOf(namespace, name, '/status'), {
      status: {
        ...ABORTED,
        startTime: now,
        completionTime: now,
        ...status,
      },
    });
  }

  /** An analysis, any of the namespace where no name is given, once its report has come to this reason; fails where it comes to another. */
  reported(namespace: string, name: string, reason: string): Promise<CanaryAnalysis> {
    return this.system.analysis(namespace, `${name} is reported as ${reason}`, (one) => {
      const has = reportedOf(one)?.reason;
      if (one.metadata.name === name && has !== undefined && has !== reason && has !== 'Retrying')
        throw new Error(`${namespace}/${name}: ${has} instead of ${reason}: ${reportedOf(one)?.message}`);
      return (name === '' || one.metadata.name === name) && has === reason;
    });
  }

  /** The writes to a repository so far, each as its route below it, numbers left out. */
  writesTo(name: string): string[] {
    const path = `/repos/acme/${name}`;
    return this.gitHub.requests
      .filter((request) => request.method !== 'GET' && request.path.startsWith(`${path}/`))
      .map((request) => `${request.method} ${request.path.slice(path.length).replaceAll(/\/\d+/g, '')}`);
  }
}
