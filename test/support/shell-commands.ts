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
  [/^docs\/installation\.md make (un)?install/, 'test/real/kustomize/install.test.ts'],
  [/ make (test|eval|docker-\w+)( |$)| make -C /, 'test/unit/docs/make.test.ts'],
  [/^docs\/bundle\.md (mkdir -p bundle\/stable|node .* judge bundle$)/, 'test/unit/docs/bundle.test.ts'],
  [
    / kubectl apply --server-side --field-manager=canary-analysis -k kustomize\/base$/,
    'test/real/kustomize/base.test.ts',
  ],
  [/ kubectl apply --server-side --field-manager=canary-analysis -f manifests\/cluster\.yaml$/, INSTALLED],
  [
    /^docs\/(installation|reviewers)\.md kubectl (rollout status|get|auth can-i|create secret|rollout restart|edit)/,
    INSTALLED,
  ],
  [/^docs\/agent\.md (cp|kubectl apply) /, INSTALLED],
  [
    /^examples\/progressive-delivery\/README\.md (kubectl|cp) .*\/deployer/,
    'test/real/shipped/deployer.test.ts',
  ],
  [/^examples\/openshift-gitops\/README\.md /, 'test/real/guides/openshift.test.ts'],
  [
    /^(examples\/|docs\/(bundle|command-line|development)\.md |README\.md node )/,
    'test/real/guides/lab.test.ts',
  ],
];

/** What a command needs that is not here; it is asked before {@link RUN}. */
export const NOT_RUN: readonly (readonly [command: RegExp, reason: string])[] = [
  [/ (docker|podman) /, 'needs Docker or podman; test/unit/install/dockerfile.test.ts reads the Dockerfile'],
  [/ kind load /, 'needs kind and a Docker daemon'],
  [/ helm /, 'needs Helm and the chart; the values are compared with the component'],
  [/ gh /, 'needs an account of GitHub'],
  [/ firefox /, 'needs a browser'],
  [/ get route /, 'needs the routes of OpenShift'],
  [
    / until oc apply -k bootstrap\//,
    'needs OpenShift, whose operators bring the kinds; the folder is rendered and read',
  ],
  [/ oc get configmap argo-rollouts-config /, 'needs OpenShift GitOps, which writes it'],
  [/ (kubectl|oc) logs .*argo-rollouts/, "the lab's controller runs beside its pod, whose log is a file"],
  [
    / ((kubectl|oc) port-forward|curl) /,
    "the lab's kubelet forwards no ports; test/integration/own-agent.test.ts asks the agent",
  ],
];

/** Every command of every fenced shell block, its comment left out; a script in bash is one command. */
export function shellCommands(): ShellCommand[] {
  return SOURCES.flatMap((page) =>
    blocksOf(page).flatMap(({ language, text }) => {
      if (/^(bash|sh)$/.test(language)) return [{ page, text }];
      if (language !== 'console' && language !== 'shell') return [];
      const typed = language === 'shell' ? /^(.+?)(?:\s{2,}#.*)?$/ : /^\$ (.*?)(?:\s{2,}#.*)?$/;
      return text
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .flatMap((line) => typed.exec(line)?.[1] ?? [])
        .map((command) => ({ page, text: command }));
    }),
  );
}

/** What becomes of a command: the test that runs it, or why none does; undefined where the lists say nothing. */
export function fateOf({ page, text }: ShellCommand): { test: string } | { reason: string } | undefined {
  const line = `${page} ${text}`;
  const reason = NOT_RUN.find(([command]) => command.test(line))?.[1];
  if (reason !== undefined) return { reason };
  const test = RUN.find(([command]) => command.test(line))?.[1];
  return test === undefined ? undefined : { test };
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
