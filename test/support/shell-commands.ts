import { globSync } from 'node:fs';
import { blocksOf, PAGES, ROOT } from '../unit/docs/markdown.ts';

/** A command of a fenced block that a person would type. */
export interface ShellCommand {
  readonly page: string;
  readonly text: string;
}

/** README, guides, and the READMEs of examples. */
const SOURCES = [...PAGES, ...globSync('examples/**/README.md', { cwd: ROOT }).sort()];

const INSTALLED = 'test/real/installed.test.ts';

/** Which test runs a command; a rule may name the page before a space. The first that fits counts. */
const RUN: readonly (readonly [command: RegExp, test: string])[] = [
  [/ make demo$/, 'test/e2e/demo.test.ts'],
  [/ make demo LAB=real$/, 'test/real/demo.test.ts'],
  [/ make build$/, 'test/lab/bundles.ts'],
  [/^docs\/bundle\.md mkdir -p bundle\/stable/, 'test/unit/docs/bundle.test.ts'],
  [/^docs\/bundle\.md node build\/canary-analysis\.mjs judge bundle$/, 'test/unit/docs/bundle.test.ts'],
  [
    / kubectl apply --server-side --field-manager=canary-analysis -k kustomize\/base$/,
    'test/real/kustomize/base.test.ts',
  ],
  [/ kubectl apply --server-side --field-manager=canary-analysis -f manifests\/cluster\.yaml$/, INSTALLED],
  [
    /^docs\/installation\.md kubectl (rollout status|get|auth can-i|create secret|rollout restart)/,
    INSTALLED,
  ],
  [/^docs\/agent\.md (cp|kubectl apply) /, INSTALLED],
  [/^docs\/installation\.md make (un)?install/, 'test/real/kustomize/install.test.ts'],
  [
    /^examples\/progressive-delivery\/README\.md (kubectl|cp) .*\/deployer/,
    'test/real/shipped/deployer.test.ts',
  ],
];

/** Why no test runs a command. */
const NOT_RUN: readonly (readonly [command: RegExp, reason: string])[] = [
  [/ make (test|eval)( |$)/, 'what it runs is tests and measurements themselves'],
  [/ make docker-/, 'needs a Docker daemon; test/unit/install/dockerfile.test.ts checks what it would build'],
  [/ kind load /, 'needs kind and a Docker daemon'],
  [/ helm /, 'needs Helm and the chart; the values are compared with the component'],
  [/ cosign /, 'needs a published image'],
  [/ gh /, 'needs an account of GitHub'],
  [/ (kubectl|oc) edit /, 'opens an editor'],
  [
    / judge (BUNDLE|evidence|bundle other-bundle)/,
    'its bundle is a placeholder; test/unit/operator/cli runs judge',
  ],
  [
    / (kubectl canary_analysis|canary-analysis) /,
    'names a release of the reader; test/integration/cli.test.ts runs the commands',
  ],
  [/^docs\/bundle\.md (mkdir|kubectl)/, 'reads a pod of the reader'],
  [/ PATH=\$PWD\/node_modules/, 'runs one test file'],
  [/ kubectl logs .*argo-rollouts/, "the lab's controller runs beside its pod, whose log is a file"],
  [/^docs\/reviewers\.md kubectl rollout restart/, 'stands in docs/installation.md too, where it is run'],
  [
    / (kubectl port-forward|curl) /,
    "the lab's kubelet forwards no ports; test/integration/own-agent.test.ts asks the agent",
  ],
  [
    /^examples\//,
    "an example's walk needs a cluster, accounts or a fork of its own; its YAML is held against a real API server",
  ],
];

/** Every command of every fenced shell block; a script of several lines is one. */
export function shellCommands(): ShellCommand[] {
  return SOURCES.flatMap((page) =>
    blocksOf(page).flatMap(({ language, text }) => {
      if (/^(bash|sh|shell)$/.test(language)) return [{ page, text }];
      if (language !== 'console') return [];
      return text
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .flatMap((line) => /^\$ (.*?)(?:\s{2,}#.*)?$/.exec(line)?.[1] ?? [])
        .map((command) => ({ page, text: command }));
    }),
  );
}

/** What becomes of a command: the test that runs it, or why none does; undefined where the lists say nothing. */
export function fateOf({ page, text }: ShellCommand): { test: string } | { reason: string } | undefined {
  const line = `${page} ${text}`;
  const test = RUN.find(([command]) => command.test(line))?.[1];
  if (test !== undefined) return { test };
  const reason = NOT_RUN.find(([command]) => command.test(line))?.[1];
  return reason === undefined ? undefined : { reason };
}

/** The commands that a test has to run, in the order of the pages, each once. */
export function commandsRunBy(test: string, page?: string): string[] {
  const due = shellCommands().filter((command) => {
    const fate = fateOf(command);
    return (
      fate !== undefined && 'test' in fate && fate.test === test && (page ?? command.page) === command.page
    );
  });
  return [...new Set(due.map(({ text }) => text))];
}
