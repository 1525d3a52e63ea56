import { globSync } from 'node:fs';
import { join } from 'node:path';

/** A set of test files that run in one process. */
export interface Suite {
  readonly title: string;
  readonly files: string;
  /** How mocha shows progress. */
  readonly reporter: 'dot' | 'spec';
  /** Limit for one test in milliseconds, where the test sets none of its own: it ends what hangs, on a machine as busy as may be. */
  readonly timeout: number;
  /** Added to the environment of the suite's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files run at a time, each in a process of its own: for tests that wait more than they work. All in one process when absent. */
  readonly jobs?: number;
  /** Files that begin before the others because they wait longest; the others follow by name. */
  readonly first?: readonly string[];
  /** Whether it may run at the same time as another such suite. */
  readonly shares?: boolean;
  /** Whether it needs the control plane and the Rollouts controllers, which are then built before any suite begins. */
  readonly controlPlane?: boolean;
}

/** Wait minutes for the pace that GitHub asks of writers: a suite of their own. */
const AT_GITHUBS_PACE = 'github-killed|github-refusals';
const INTEGRATION = `test/integration/!(${AT_GITHUBS_PACE}).test.ts`;
const INTEGRATION_FIRST = [
  'test/integration/{not-there,unreadable-logs,reviewers,verdicts,api-server-faults}.test.ts',
];

/** The suites by name, in the order they run. */
export const SUITES = {
  unit: {
    title: 'Unit tests',
    files: 'test/unit/**/*.test.ts',
    reporter: 'dot',
    timeout: 120_000,
    jobs: 2,
    first: ['test/unit/operator/analysis/{operator,restart}.test.ts', 'test/unit/operator/main.test.ts'],
    shares: true,
  },
  integration: {
    title: 'Integration tests: plugin and operator as processes against an API server',
    files: INTEGRATION,
    reporter: 'spec',
    timeout: 180_000,
    jobs: 4,
    first: INTEGRATION_FIRST,
    shares: true,
  },
  injection: {
    title: 'Injection tests: what logs say to a reviewer',
    files: 'test/injection/**/*.test.ts',
    reporter: 'dot',
    timeout: 180_000,
    shares: true,
  },
  'integration-real': {
    title: 'Integration tests on a real kube-apiserver (needs Go)',
    files: INTEGRATION,
    reporter: 'spec',
    timeout: 180_000,
    env: { API_SERVER: 'real' },
    jobs: 2,
    first: INTEGRATION_FIRST,
    controlPlane: true,
    shares: true,
  },
  github: {
    title: "GitHub tests: kills and refusals in the middle of a report, at GitHub's pace",
    files: `test/integration/@(${AT_GITHUBS_PACE}).test.ts`,
    reporter: 'spec',
    timeout: 180_000,
    jobs: 2,
    shares: true,
  },
  host: {
    title: "Host tests: the plugin under Argo Rollouts' own Go client",
    files: 'test/host/**/*.test.ts',
    reporter: 'spec',
    timeout: 900_000,
    shares: true,
  },
  e2e: {
    title: 'End-to-end tests: the demo',
    files: 'test/e2e/*.test.ts',
    reporter: 'spec',
    timeout: 180_000,
    shares: true,
  },
  rollouts: {
    title: 'End-to-end tests: whole rollouts on stock Argo Rollouts and a real control plane',
    files: 'test/e2e/rollouts/**/*.test.ts',
    reporter: 'spec',
    timeout: 120_000,
    controlPlane: true,
    shares: true,
  },
  real: {
    title: 'Real control plane: the custom resource, kustomizations and permissions, and the demo (needs Go)',
    files: 'test/real/**/*.test.ts',
    reporter: 'spec',
    timeout: 180_000,
    controlPlane: true,
    shares: true,
  },
} as const satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

/** Narrows a word from the command line to a suite's name. */
export function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(SUITES, name);
}

/** The files of a suite in the order they begin. */
export function filesOf({ files, first = [] }: Suite): string[] {
  const root = join(import.meta.dirname, '..');
  const ordered = new Set([...first, files].flatMap((glob) => globSync(glob, { cwd: root }).sort()));
  return [...ordered].map((file) => join(root, file));
}

/** What came of a suite. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** Each failed test with the first line of its error. */
  failures: string[];
}
