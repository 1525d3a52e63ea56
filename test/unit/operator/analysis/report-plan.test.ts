import { expect } from 'chai';
import type { CanaryAnalysis } from '../../../../crds/v1alpha1/canary-analysis.ts';
import type { GitHubReport } from '../../../../crds/v1alpha1/spec.ts';
import type { CanaryAnalysisStatus, Condition } from '../../../../crds/v1alpha1/status.ts';
import type { RunView } from '../../../../operator/analysis/analysis-run.ts';
import { planFor } from '../../../../operator/analysis/plan.ts';
import { holdsIssue, needsRun, reportPlan } from '../../../../operator/analysis/report-plan.ts';
import { settingsOf } from '../../../../operator/analysis/settings.ts';
import { analysis, at, run, T0 } from './builders.ts';

const ISSUE = 'https://github.com/acme/shop/issues/1';
const URL = 'https://github.com/acme/shop';
const ended = (phase: string, metric: object = {}): RunView => ({
  state: 'present',
  run: run({ phase, metricResults: [{ name: 'ai', ...metric }] }),
});
const GONE: RunView = { state: 'gone' };
const NONE: RunView = { state: 'none' };

/** An analysis of the Rollout `web` that ended after so many seconds. */
function decided(
  verdict: CanaryAnalysisStatus['verdict'] & string,
  seconds: number,
  more: {
    readonly gitHub?: Partial<GitHubReport>;
    readonly reported?: string;
    readonly status?: Condition['status'];
    readonly issueURL?: string;
    readonly rollout?: string;
  } = {},
): CanaryAnalysis {
  const { gitHub = {}, reported, status = 'True', issueURL, rollout = 'web' } = more;
  const condition = {
    type: 'Reported',
    status,
    reason: reported ?? '',
    message: 'said.',
    lastTransitionTime: at(seconds),
  } as const;
  return analysis({
    name: `${verdict.toLowerCase()}-${seconds}`,
    spec: { gitHub: { url: URL, ...gitHub } },
    status: {
      ...{
        verdict,
        reason: verdict === 'Promote' ? 'NoRegression' : 'Regression',
        rollout,
        completionTime: at(seconds),
      },
      ...(reported === undefined ? {} : { conditions: [condition] }),
      ...(issueURL === undefined ? {} : { issueURL }),
    },
  });
}

function planned(
  one: CanaryAnalysis,
  view: RunView,
  all: readonly CanaryAnalysis[] = [],
  now = 1000,
): string {
  const plan = reportPlan(one, settingsOf(one.spec, {}), view, [one, ...all], T0 + now * 1000);
  if (plan === undefined) return 'nothing';
  if (plan.action === 'skip') return plan.condition.reason;
  if (plan.action === 'close')
    return ['close', ...plan.issueURLs.map((url) => url.split('/').at(-1))].join(' ');
  return ['post', ...(plan.issue ? ['issue'] : []), ...(plan.pullRequest ? ['pull request'] : [])].join(' ');
}

describe('what becomes of the report of a verdict', () => {
  const both = { issue: 'OnAbortOrInconclusive' } as const;
  const never = { issue: 'Never' } as const;
  const aborted = decided('Abort', 10);
  const unsure = decided('Inconclusive', 10, { gitHub: both });
  for (const [what, one, view, expected] of [
    ['an Abort whose run failed', aborted, ended('Failed'), 'post issue'],
    ['an Abort whose run goes on', aborted, ended('Running'), 'nothing'],
    ['an Abort whose run cannot be read', aborted, { state: 'unknown' }, 'nothing'],
    ['an Abort whose run passed', aborted, ended('Successful'), 'AnalysisRunPassed'],
    ['an Abort whose run ended in an error', aborted, ended('Error'), 'AnalysisRunError'],
    ['an Abort in a dry run', aborted, ended('Failed', { dryRun: true }), 'DryRun'],
    ['an Abort whose run was deleted', aborted, GONE, 'AnalysisRunGone'],
    ['an Abort that a person asked for', aborted, NONE, 'post issue'],
    ['an Abort whose run was inconclusive', aborted, ended('Inconclusive'), 'AnalysisRunPassed'],
    [
      'an Abort with a pull request',
      decided('Abort', 10, { gitHub: { pullRequest: true } }),
      NONE,
      'post issue pull request',
    ],
    [
      'an Abort with a pull request alone',
      decided('Abort', 10, { gitHub: { ...never, pullRequest: true } }),
      NONE,
      'post pull request',
    ],
    ['an Abort that is never reported', decided('Abort', 10, { gitHub: never }), NONE, 'nothing'],
    ['an uncertain verdict', unsure, ended('Inconclusive'), 'post issue'],
    [
      'an uncertain verdict that nobody asked to report',
      decided('Inconclusive', 10),
      ended('Inconclusive'),
      'nothing',
    ],
    [
      'an uncertain verdict with a pull request',
      decided('Inconclusive', 10, { gitHub: { ...both, pullRequest: true } }),
      NONE,
      'post issue',
    ],
    ['an Error', decided('Error', 10, { gitHub: both }), ended('Error'), 'nothing'],
    ['a report that was made', decided('Abort', 10, { reported: 'IssueOpened' }), ended('Failed'), 'nothing'],
    [
      'a report that was refused',
      decided('Abort', 10, { reported: 'Refused', status: 'False' }),
      ended('Failed'),
      'nothing',
    ],
    [
      'a report that is tried again',
      decided('Abort', 10, { reported: 'Retrying', status: 'False' }),
      ended('Failed'),
      'post issue',
    ],
    [
      'one that is tried again, its run deleted since',
      decided('Abort', 10, { reported: 'Retrying', status: 'False' }),
      GONE,
      'post issue',
    ],
  ] as const) {
    it(`${expected} for ${what}`, () => expect(planned(one, view)).to.equal(expected));
  }

  it('is given up after a day', () => {
    const one = decided('Abort', 0, { reported: 'Retrying', status: 'False' });
    expect(planned(one, GONE, [], 24 * 3600 - 1)).to.equal('post issue');
    expect(planned(one, GONE, [], 24 * 3600)).to.equal('GaveUp');
  });
});

describe('a Promote', () => {
  const promoted = decided('Promote', 20);
  const opened = decided('Abort', 10, { reported: 'IssueOpened', issueURL: ISSUE });
  const second = decided('Abort', 11, { reported: 'IssueOpened', issueURL: ISSUE.replace(/1$/, '2') });
  const passed = ended('Successful');
  for (const [what, one, view, all, expected] of [
    ['closes what its Rollout has open, the newest first', promoted, passed, [opened, second], 'close 2 1'],
    ['waits for its run to end', promoted, ended('Running'), [opened], 'nothing'],
    [
      'closes nothing when its run failed for another metric, and says so',
      promoted,
      ended('Failed'),
      [opened],
      'AnalysisRunFailed',
    ],
    [
      'closes nothing in a dry run, and says so',
      promoted,
      ended('Successful', { dryRun: true }),
      [opened],
      'DryRun',
    ],
    ['closes nothing when its run was deleted, and says so', promoted, GONE, [opened], 'AnalysisRunGone'],
    ['asks what the repository has open where no analysis knows of any', promoted, passed, [], 'close'],
    ['leaves that to the last measurement of its run', promoted, passed, [decided('Promote', 25)], 'nothing'],
    [
      'closes what it knows of also where another measurement follows',
      promoted,
      passed,
      [opened, decided('Promote', 25)],
      'close 1',
    ],
    ['closes nothing where a person asked', promoted, NONE, [opened], 'nothing'],
    [
      'closes nothing where issues are off',
      decided('Promote', 20, { gitHub: { issue: 'Never' } }),
      passed,
      [opened],
      'nothing',
    ],
    [
      'knows nothing of another Rollout',
      promoted,
      passed,
      [decided('Abort', 10, { issueURL: ISSUE, rollout: 'api' })],
      'close',
    ],
    [
      'knows nothing of another repository',
      promoted,
      passed,
      [decided('Abort', 10, { issueURL: ISSUE, gitHub: { url: `${URL}2` } })],
      'close',
    ],
    [
      'closes nothing that it knows to have come later',
      promoted,
      passed,
      [decided('Abort', 30, { reported: 'IssueOpened', issueURL: ISSUE })],
      'close',
    ],
    [
      'closes nothing that it knows another to have closed',
      promoted,
      passed,
      [opened, decided('Promote', 15, { reported: 'IssuesClosed', issueURL: ISSUE })],
      'close',
    ],
    [
      'waits for an issue that is yet to be opened',
      promoted,
      passed,
      [opened, decided('Abort', 12)],
      'nothing',
    ],
    [
      'waits for an issue that is tried again',
      promoted,
      passed,
      [opened, decided('Abort', 12, { reported: 'Retrying', status: 'False' })],
      'nothing',
    ],
    [
      'waits for no issue that will not come',
      promoted,
      passed,
      [opened, decided('Abort', 12, { reported: 'Refused', status: 'False' })],
      'close 1',
    ],
    [
      'goes on closing though its run was deleted',
      decided('Promote', 20, { reported: 'Retrying', status: 'False' }),
      GONE,
      [opened],
      'close 1',
    ],
    [
      'asks once',
      decided('Promote', 20, { reported: 'NothingOpen', status: 'False' }),
      passed,
      [],
      'nothing',
    ],
    ['closes once', decided('Promote', 20, { reported: 'IssuesClosed' }), passed, [opened], 'nothing'],
  ] as const) {
    it(what, () => expect(planned(one, view, all)).to.equal(expected));
  }

  it('needs its AnalysisRun only where there may be something to close', () => {
    const settings = settingsOf(promoted.spec, {});
    expect(needsRun(promoted, settings, [promoted, opened])).to.equal(true);
    expect(needsRun(promoted, settings, [promoted])).to.equal(true);
    const settled = decided('Promote', 20, { reported: 'NothingOpen', status: 'False' });
    expect(needsRun(settled, settings, [settled, opened])).to.equal(false);
    expect(needsRun(promoted, settings, [promoted, opened, decided('Abort', 12)])).to.equal(false);
  });

  it('finds an issue however many analyses came after: its analysis is not one too many while it is open', () => {
    const removed = (all: readonly CanaryAnalysis[]): boolean =>
      planFor({
        ...{
          analysis: opened,
          settings: settingsOf(opened.spec, {}),
          run: { state: 'unknown' },
          all: [opened, ...all],
        },
        ...{ historyLimit: 1, now: T0 + 100_000 },
      }).remove;
    const later = decided('Inconclusive', 15);
    expect(holdsIssue(opened, [opened, later])).to.equal(true);
    expect(removed([later])).to.equal(false);
    expect(removed([later, decided('Promote', 18, { reported: 'IssuesClosed' })])).to.equal(true);
  });
});
