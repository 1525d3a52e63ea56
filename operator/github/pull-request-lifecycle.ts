import type { Opinion, ProposedFix } from '../../crds/v1alpha1/status.ts';
import { fingerprint } from './cause.ts';
import { GitHubError } from './errors.ts';
import { applyFix, fixProblem, foldersAbove, pathsOf, placeProblem, type WrittenFile } from './fix.ts';
import type { Commit, Git } from './git.ts';
import { readMarker } from './marker.ts';
import { type Proposal, proposalFile, pullRequestText } from './pull-request-text.ts';
import type { PullRequest, Pulls } from './pulls.ts';
import type { Report } from './report.ts';

/** What was done about a pull request. */
export interface PullRequestOutcome {
  readonly pull: PullRequest;
  /** `left`: a person has closed it. `kept`: it stands open, and this report has no fix to add. `edited`: it stands open, and its branch has commits of somebody else. `merged`: an earlier try made it, and it is merged. */
  readonly action: 'opened' | 'updated' | 'found' | 'left' | 'kept' | 'edited' | 'merged';
  /** Why it is a proposal in words; absent when the fix was applied. */
  readonly why?: string;
}

/** What a pull request is made with. */
export interface PullRequestMeans {
  readonly git: Git;
  readonly pulls: Pulls;
  /** The branch it is made against; the repository's default when absent. */
  readonly baseBranch?: string;
  /** Folders whose files a fix may change. */
  readonly paths: readonly string[];
  readonly issueNumber?: number;
  /** The cause of that issue; the report's own when absent. */
  readonly cause?: string;
  readonly redact: (text: string) => string;
  /** Called before each write. */
  readonly before: (what: 'commit' | 'branch' | 'pull request') => void;
}

/** Where proposals in words are written. */
const PROPOSALS = 'canary-analysis/proposals';
const MAX_SUBJECT = 50;
/** How the last line of the operator's commits begins. */
const TRAILER = 'CanaryAnalysis';

/** The branch of a cause: the same cause has the same branch. */
export function branchOf(report: Report, cause = fingerprint(report)): string {
  return `canary-analysis/${slug(report.rollout ?? report.name)}-${cause}`;
}

/**
 * Sees that there is one branch and one pull request for the cause of a report: with the fix that a reviewer proposed where
 * it may be applied and does, else with a file in words. A pull request that a person has closed is left alone, and an open
 * one is not changed for a report that has no fix, or none that applies, nor once somebody else has committed to its branch.
 */
export async function proposeFix(report: Report, means: PullRequestMeans): Promise<PullRequestOutcome> {
  const { git, pulls } = means;
  const branch = branchOf(report, means.cause);
  const earlier = await pulls.fromBranch(branch);
  const open = earlier.find(({ state }) => state === 'open');
  const [last] = earlier;
  if (last?.state === 'merged' && readMarker(last.body)?.uid === report.uid)
    return { pull: last, action: 'merged' };
  if (open === undefined && last?.state === 'closed') return { pull: last, action: 'left' };
  const proposes = report.status.opinions?.some(({ proposedFix }) => proposedFix !== undefined) ?? false;
  const isOfThis = open !== undefined && readMarker(open.body)?.uid === report.uid;
  if (open !== undefined && !proposes && !isOfThis) return { pull: open, action: 'kept' };
  const base = means.baseBranch ?? (await git.defaultBranch());
  const from = await git.branch(base);
  if (from === undefined) {
    throw new GitHubError('GITHUB_REFUSED', `the branch ${base} does not exist; correct gitHub.baseBranch`, {
      status: 404,
    });
  }
  const { files, proposal } = await filesFor(report, from, means);
  if (open !== undefined && proposal.kind === 'proposal' && !isOfThis) return { pull: open, action: 'kept' };
  const message = means.redact(commitMessage(report, proposal));
  const kept = last?.state === 'merged' ? 'nothing' : 'theirs';
  if ((await writeBranch(branch, from, files, message, kept, means)) === 'edited') {
    if (open !== undefined) return { pull: open, action: 'edited' };
    const what = `the branch ${branch} has commits that are not the operator's; move it away`;
    throw new GitHubError('GITHUB_REFUSED', what);
  }
  const why = proposal.kind === 'proposal' ? { why: proposal.why } : {};
  const text = pullRequestText(report, proposal, means.issueNumber, means.redact);
  if (open === undefined) {
    means.before('pull request');
    return { pull: await pulls.create({ ...text, head: branch, base }), action: 'opened', ...why };
  }
  if (open.body === text.body && open.title === text.title) return { pull: open, action: 'found', ...why };
  means.before('pull request');
  await pulls.update(open.number, text);
  return { pull: open, action: 'updated', ...why };
}

/**
 * Sees that the branch is the base with the files over it, whatever an earlier try or analysis wrote to it. It only ever moves
 * forward. What somebody else has committed last stays, where `kept` is theirs: what is merged is in the base.
 */
async function writeBranch(
  branch: string,
  from: Commit,
  files: readonly WrittenFile[],
  message: string,
  kept: 'theirs' | 'nothing',
  { git, before }: PullRequestMeans,
): Promise<'written' | 'edited'> {
  const head = await git.branch(branch);
  if (head !== undefined && kept === 'theirs' && !isOwn(head)) return 'edited';
  before('commit');
  const tree = await git.write(from.tree, files);
  if (tree === head?.tree) return 'written';
  const parents = head === undefined ? [from.sha] : [head.sha, from.sha];
  const commit = await git.commit(message, tree, parents);
  before('branch');
  if (head === undefined) await git.createBranch(branch, commit);
  else await git.moveBranch(branch, commit);
  return 'written';
}

async function filesFor(
  report: Report,
  from: Commit,
  means: PullRequestMeans,
): Promise<{ readonly files: readonly WrittenFile[]; readonly proposal: Proposal }> {
  const proposing = report.status.opinions?.find(({ proposedFix }) => proposedFix !== undefined);
  const applied = await apply(report, proposing, from, means);
  if ('files' in applied && proposing?.proposedFix !== undefined) {
    const { reviewer, proposedFix } = proposing;
    const names = applied.files.map(({ path }) => path);
    return { files: applied.files, proposal: { kind: 'fix', fix: proposedFix, reviewer, files: names } };
  }
  const why = 'refused' in applied ? applied.refused : noFix(report);
  const path = `${PROPOSALS}/${slug(report.rollout ?? report.name)}-${means.cause ?? fingerprint(report)}.md`;
  const problem = placeProblem(path, await means.git.entries(from.tree, [...foldersAbove(path), path]));
  if (problem !== undefined) {
    throw new GitHubError('GITHUB_REFUSED', `the proposal cannot be written: ${problem}; move it away`);
  }
  const content = proposalFile(report, proposing?.proposedFix, why, means.redact);
  return { files: [{ path, mode: '100644', content }], proposal: { kind: 'proposal', path, why } };
}

async function apply(
  report: Report,
  proposing: Opinion | undefined,
  from: Commit,
  { git, paths, redact }: PullRequestMeans,
) {
  const fix = proposing?.proposedFix;
  if (fix === undefined) return { refused: noFix(report) };
  if (isRedacted(fix, redact)) return { refused: 'the fix holds what looks like a secret' };
  const problem = fixProblem(fix, paths);
  if (problem !== undefined) return { refused: problem };
  return applyFix(fix, await git.entries(from.tree, pathsOf(fix)));
}

/** Why there is no fix to apply. */
function noFix({ status }: Report): string {
  const leftOut = status.opinions?.find(({ fixLeftOut }) => fixLeftOut !== undefined)?.fixLeftOut;
  return leftOut === undefined
    ? 'no reviewer proposed a fix'
    : `the fix that a reviewer proposed was not kept: ${leftOut}`;
}

function isRedacted({ edits }: ProposedFix, redact: (text: string) => string): boolean {
  return edits.some(({ path, before, after }) => [path, before, after].some((text) => redact(text) !== text));
}

function commitMessage(report: Report, proposal: Proposal): string {
  const subject = slug(report.rollout ?? report.name);
  const what =
    proposal.kind === 'fix' ? `Propose a fix for ${subject}` : `Propose what to do about ${subject}`;
  return `${what}\n\n${TRAILER} ${report.namespace}/${report.name}`;
}

/** Whether a commit is the operator's, and nobody has amended it. */
function isOwn({ message, isFirstMade }: Commit): boolean {
  return isFirstMade && message.trimEnd().split('\n').at(-1)?.startsWith(`${TRAILER} `) === true;
}

function slug(text: string): string {
  const clean = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return clean.slice(0, MAX_SUBJECT) || 'rollout';
}
