import type { Answer } from '../http-double.ts';
import { GitStore } from './git-store.ts';

/** An account, and what it is to every repository. */
export interface StoredAccount {
  readonly login: string;
  readonly type: 'User' | 'Bot';
  readonly association: 'OWNER' | 'MEMBER' | 'COLLABORATOR' | 'CONTRIBUTOR' | 'NONE';
}

/** A comment as the double keeps it. */
export interface StoredComment {
  readonly id: number;
  readonly body: string;
  readonly updatedAt: string;
  /** The account of the token when absent. */
  readonly author?: StoredAccount;
}

/** An issue as the double keeps it. */
export interface StoredIssue {
  readonly number: number;
  readonly title: string;
  body: string;
  readonly labels: readonly string[];
  readonly createdAt: string;
  updatedAt?: string;
  state: 'open' | 'closed';
  readonly comments?: StoredComment[];
  /** The account of the token when absent. */
  readonly author?: StoredAccount;
}

/** A pull request as the double keeps it. */
export interface StoredPull {
  readonly number: number;
  title: string;
  body: string;
  readonly head: string;
  readonly base: string;
  state: 'open' | 'closed';
  merged: boolean;
  readonly createdAt: string;
}

/** A repository of the double. */
export interface StoredRepository {
  readonly issues: StoredIssue[];
  readonly pulls: StoredPull[];
  readonly git: GitStore;
  /** Answers to the next requests of a route (`POST /issues`) to this repository, nothing happening. */
  readonly answers: Map<string, Answer[]>;
  defaultBranch: string;
  /** False answers 410 to everything about issues. */
  hasIssues: boolean;
  /** False drops the labels of a new issue without a word, as GitHub does for a token that may not label. */
  mayLabel: boolean;
  /** False answers 403 to every write of contents and pull requests. */
  mayWriteContents: boolean;
}

/** A repository with one commit on `main` and nothing else; without any commit it is what GitHub calls empty. */
export function emptyRepository(): StoredRepository {
  const git = new GitStore();
  git.seed('main', { 'README.md': '# shop\n' });
  return {
    issues: [],
    pulls: [],
    git,
    answers: new Map(),
    defaultBranch: 'main',
    hasIssues: true,
    mayLabel: true,
    mayWriteContents: true,
  };
}

/** The number of the next issue or pull request: GitHub counts them together. */
export function nextNumber({ issues, pulls }: StoredRepository): number {
  return Math.max(0, ...issues.map(({ number }) => number), ...pulls.map(({ number }) => number)) + 1;
}
