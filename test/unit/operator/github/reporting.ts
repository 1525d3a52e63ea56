import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import { CodedError } from '../../../../crds/errors.ts';
import {
  createReporter,
  type Report,
  type Reporter,
  type ReporterConfig,
} from '../../../../operator/github/index.ts';
import {
  type GitHubDouble,
  type StoredAccount,
  type StoredRepository,
  startGitHubDouble,
} from '../../../lab/doubles/github.ts';
import { abortedReport } from './fixtures.ts';

export const TOKEN = 'ghp_TheTokenThatNobodyMaySee';
/** What the reporter and GitHub take for now, epoch milliseconds. */
export const NOW = Date.UTC(2026, 0, 1, 12, 5);
/** UIDs of a second and of a third analysis. */
export const OTHER = '99999999-2222-3333-4444-555555555555';
export const THIRD = '77777777-2222-3333-4444-555555555555';
/** Anybody, who may open issues and comment on them in a public repository. */
export const STRANGER: StoredAccount = { login: 'mallory', type: 'User', association: 'NONE' };

/** A GitHub with the repository `acme/shop`, and reporters to it. */
export interface Reporting {
  readonly github: GitHubDouble;
  readonly repository: StoredRepository;
  /** What the reporters have logged. */
  readonly lines: string[];
  /** One that asks this GitHub, or the one of `webURL`. */
  reporter(config?: Partial<ReporterConfig>): Reporter;
  /** Reports an issue with a reporter of its own. */
  open(options?: {
    readonly config?: Partial<ReporterConfig>;
    readonly report?: Report;
    readonly signal?: AbortSignal;
  }): ReturnType<Reporter['reportIssue']>;
  /** What a report fails with; nothing of it, nor of the log, may hold the token. */
  failure(promise: Promise<unknown>): Promise<CodedError>;
  /** Adds issues that are not of the operator, though they bear its label. */
  addForeignIssues(count: number): void;
  /** Ends GitHub, which must have been asked, and must have answered, as it describes itself. */
  end(): Promise<void>;
}

/** Starts a GitHub whose time stands still at {@link NOW}, or goes as it is told. */
export async function startReporting(
  options: Parameters<typeof startGitHubDouble>[0] = {},
): Promise<Reporting> {
  const github = await startGitHubDouble({ token: TOKEN, now: () => new Date(NOW), ...options });
  const repository = github.addRepository('acme/shop');
  const lines: string[] = [];
  const log = (message: string, fields?: object): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const reporter = (config: Partial<ReporterConfig> = {}): Reporter =>
    createReporter({
      token: TOKEN,
      ...(config.webURL === undefined ? { apiURL: github.url } : {}),
      redact: (text) => text.replaceAll('hunter2', '<secret>'),
      clock: { ...systemClock, now: () => NOW },
      logger: { info: log, warn: log },
      paced: false,
      ...config,
    });
  return {
    github,
    repository,
    lines,
    reporter,
    open: ({ config, report = abortedReport(), signal = new AbortController().signal } = {}) =>
      reporter(config).reportIssue(report, { signal }),
    async failure(promise) {
      const error = await promise.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(CodedError);
      const coded = error as CodedError;
      const all = JSON.stringify([coded.message, coded.stack, String(coded.cause), coded, lines]);
      expect(all).not.to.contain(TOKEN);
      return coded;
    },
    addForeignIssues(count) {
      for (let added = 0; added < count; added += 1)
        repository.issues.push({
          number: repository.issues.length + 1,
          title: `another ${added}`,
          body: 'of another analysis',
          labels: ['canary-analysis'],
          createdAt: new Date(NOW).toISOString(),
          state: 'open',
        });
    },
    async end() {
      await github.close();
      expect(github.violations).to.deep.equal([]);
    },
  };
}
