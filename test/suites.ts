import { globSync } from 'node:fs';
import { join } from 'node:path';

/** A set of test files that run in one process. */
export interface Suite {
  readonly title: string;
  readonly files: string;
  /** How mocha shows progress. */
  readonly reporter: 'dot' | 'spec';
  /** Limit for one test in milliseconds, where the test sets none of its own. */
  readonly timeout: number;
  /** Added to the environment of the suite's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files run at a time, each in a process of its own: for tests that wait more than they work. All in one process when absent. */
  readonly jobs?: number;
}

/** The suites by name, in the order they run. */
export const SUITES = {
  unit: { title: 'Unit tests', files: 'test/unit/**/*.test.ts', reporter: 'dot', timeout: 10_000 },
  integration: {
    title: 'Integration tests: plugin and operator as processes against an API server',
    files: 'test/integration/**/*.test.ts',
    reporter: 'spec',
    timeout: 60_000,
    jobs: 4,
  },
  'integration-real': {
    title: 'Integration tests on a real kube-apiserver (needs Go)',
    files: 'test/integration/**/*.test.ts',
    reporter: 'spec',
    timeout: 60_000,
    env: { API_SERVER: 'real' },
  },
  host: {
    title: "Host tests: the plugin under Argo Rollouts' own Go client",
    files: 'test/host/**/*.test.ts',
    reporter: 'spec',
    timeout: 900_000,
  },
  e2e: {
    title: 'End-to-end tests: the demo',
    files: 'test/e2e/*.test.ts',
    reporter: 'spec',
    timeout: 180_000,
  },
  rollouts: {
    title: 'End-to-end tests: whole rollouts on stock Argo Rollouts and a real control plane',
    files: 'test/e2e/rollouts/**/*.test.ts',
    reporter: 'spec',
    timeout: 120_000,
  },
  real: {
    title: 'Install tests: kustomizations and permissions on a real control plane (needs Go)',
    files: 'test/real/**/*.test.ts',
    reporter: 'spec',
    timeout: 60_000,
  },
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

/** Narrows a word from the command line to a suite's name. */
export function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(SUITES, name);
}

/** The files of a suite, sorted. */
export function filesOf(suite: Suite): string[] {
  const root = join(import.meta.dirname, '..');
  return globSync(suite.files, { cwd: root })
    .sort()
    .map((file) => join(root, file));
}

/** What came of a suite. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}
