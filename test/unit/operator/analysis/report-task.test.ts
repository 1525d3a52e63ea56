import { expect } from 'chai';
import { CodedError } from '../../../../crds/errors.ts';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../../../crds/v1alpha1/status.ts';
import type { DueReport } from '../../../../operator/analysis/report-plan.ts';
import { type ReportEnd, reportTask } from '../../../../operator/analysis/report-task.ts';
import type { ReportDeps } from '../../../../operator/analysis/reported.ts';
import type { StatusChange } from '../../../../operator/analysis/status-writer.ts';
import { GitHubError, type Reporter } from '../../../../operator/github/index.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { abortedAnalysis } from '../github/fixtures.ts';

const ISSUE = 'https://github.com/acme/shop/issues/1';
const POST: DueReport = { action: 'post', issue: true, pullRequest: false };
const nothing = async () => [];
const CLOSE: DueReport = { action: 'close', issueURLs: [ISSUE] };

describe('the report of a verdict', () => {
  let statuses: CanaryAnalysisStatus[];
  let events: string[];
  let refusals: Error[];
  beforeEach(() => {
    [statuses, events, refusals] = [[], [], []];
  });

  function report(due: DueReport, reporter: Partial<Reporter>): Promise<ReportEnd> {
    const analysis = abortedAnalysis();
    const uncalled = (): Promise<never> => Promise.reject(new Error('must not be called'));
    const update = async (current: CanaryAnalysis, change: StatusChange): Promise<CanaryAnalysis> => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      statuses.push(change(current) ?? {});
      return current;
    };
    const deps = {
      reporter: {
        reportIssue: uncalled,
        proposeFix: uncalled,
        issuesToClose: uncalled,
        closeIssue: uncalled,
        ...reporter,
      },
      writer: { update },
      recorder: { record: (_: unknown, ...said: string[]) => void events.push(said.slice(0, 2).join(' ')) },
      metrics: { report() {} },
      logger: { info() {}, warn() {} },
      redact: (text: string) => text,
      clock: new FakeClock(),
    } as unknown as ReportDeps;
    return reportTask(deps, analysis, due, new AbortController().signal);
  }

  const reported = () =>
    statuses.flatMap(({ conditions = [] }) => conditions.filter(({ type }) => type === 'Reported')).at(-1);
  const opened = async () =>
    ({ issueURL: ISSUE, action: 'opened', seen: 1, cause: '0123456789abcdef' }) as const;

  it('is an Event and a condition', async () => {
    expect(await report(POST, { reportIssue: opened })).to.equal('settled');
    expect(reported()).to.include({ status: 'True', reason: 'IssueOpened' });
    expect(events).to.deep.equal(['Normal Reported']);
  });

  it('is not taken for refused by GitHub when the status could not be written', async () => {
    const gone = new CodedError('API_FORBIDDEN', 'the API server refuses');
    refusals.push(gone);
    expect(await report(POST, { reportIssue: opened }).catch((error: unknown) => error)).to.equal(gone);
    refusals.push(gone);
    const both = { ...POST, pullRequest: true };
    expect(await report(both, { reportIssue: opened }).catch((error: unknown) => error)).to.equal(gone);
    expect([statuses, events]).to.deep.equal([[], []]);
  });

  it('is a Warning when GitHub refused it, and none while it is tried again', async () => {
    const refuse = (code: 'GITHUB_REFUSED' | 'GITHUB_UNAVAILABLE') => () =>
      Promise.reject(new GitHubError(code, 'no'));
    expect(await report(POST, { reportIssue: refuse('GITHUB_UNAVAILABLE') })).to.deep.equal({
      retryAfterMs: 0,
    });
    expect(reported()).to.include({ status: 'False', reason: 'Retrying' });
    expect(events).to.deep.equal([]);
    expect(await report(POST, { reportIssue: refuse('GITHUB_REFUSED') })).to.equal('settled');
    expect(reported()).to.include({ status: 'False', reason: 'Refused', message: 'no' });
    expect(events).to.deep.equal(['Warning ReportRefused']);
  });

  for (const [what, closing, said] of [
    ['closed', 'closed', `Closed ${ISSUE}.`],
    ['found closed', 'alreadyClosed', `${ISSUE} was closed already.`],
  ] as const) {
    it(`says of an issue that it was ${what}`, async () => {
      await report(CLOSE, { issuesToClose: nothing, closeIssue: async () => closing });
      expect(reported()).to.include({ status: 'True', reason: 'IssuesClosed', message: said });
    });
  }

  it('closes each issue once that an analysis knows of or that the repository has', async () => {
    const other = ISSUE.replace(/1$/, '2');
    const closed: string[] = [];
    const end = await report(CLOSE, {
      issuesToClose: async () => [other, ISSUE],
      closeIssue: async (_, issueURL) => {
        closed.push(issueURL);
        return 'closed';
      },
    });
    expect(end).to.equal('settled');
    expect(closed).to.deep.equal([ISSUE, other]);
    expect(reported()).to.include({ reason: 'IssuesClosed', message: `Closed ${ISSUE}, ${other}.` });
  });

  it('says that an issue stays open which a later analysis has met', async () => {
    await report(CLOSE, { issuesToClose: nothing, closeIssue: async () => 'metSince' });
    expect(reported()).to.include({ status: 'False', reason: 'IssuesClosed' });
    expect(reported()?.message).to.contain(`${ISSUE} stays open`);
  });

  it('is a condition and no Event where nothing is open', async () => {
    expect(await report({ ...CLOSE, issueURLs: [] }, { issuesToClose: nothing })).to.equal('settled');
    expect(reported()).to.include({ status: 'False', reason: 'NothingOpen' });
    expect(events).to.deep.equal([]);
  });
});
