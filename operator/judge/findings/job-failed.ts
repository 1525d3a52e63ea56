import type { Template } from '../../model.ts';
import type { Comparison } from '../comparison.ts';
import { isAbsent } from '../counts.ts';
import type { JudgeInput } from '../input.ts';
import type { Draft } from './draft.ts';
import { knowsStable } from './knows-stable.ts';
import { templateFinding } from './template-finding.ts';

/**
 * How build tools and CI runners end the log of a failed job. Each is the program's own fixed text:
 * Maven and Gradle; Python's unittest and pytest; npm; Go's test tool; GNU make; Cargo; GitHub Actions, GitLab,
 * Travis, Azure Pipelines and Jenkins runners.
 */
const FAILURES: readonly RegExp[] = [
  /\bBUILD (?:FAILURE|FAILED)\b/,
  /\bFAILED \((?:failures|errors)=/,
  /={3,} .*\bfailed\b.* in \S+.* ={3,}/,
  /\bnpm (?:ERR!|error) (?:code|errno|Test failed|Lifecycle script)\b/,
  /(?:^|\s)FAIL\t\S+\t\S+$/,
  /\bmake(?:\[\S+\])?: \*\*\* .*\b(?:Error|Stop)\b/,
  /\berror: could not compile\b/,
  /\btest result: FAILED\b/,
  /\bProcess completed with exit code [1-9]/i,
  /\bERROR: Job failed\b/,
  /\bThe command ".*" exited with [1-9]/,
  /\bDone\. Your build exited with [1-9]/,
  /\bFinished: (?:FAILURE|UNSTABLE)\b/,
  /\bmarked build as failure\b/,
];

/**
 * The log itself says that the job failed, and stable's never did: one is enough.
 * Only for logs of pods of which no running container is known, such as those of a CI job: a server that runs may log
 * what others report to it.
 */
export function failedJobs(input: JudgeInput, _comparison: Comparison): readonly Draft[] {
  if (!knowsStable(input)) return [];
  const finished = finishedPods(input);
  return input.distilled.templates
    .filter((template) => isAbsent(template, 'stable') && saysFailed(template))
    .filter(({ canary }) => Object.entries(canary.pods).some(([pod, count]) => count > 0 && finished(pod)))
    .map((template) =>
      templateFinding('JobFailed', 'Blocking', template, input, 'the canary job failed: it logs'),
    );
}

/** Masks may have replaced the numbers in the template; the samples have them. */
function saysFailed({ text, canary }: Template): boolean {
  return [text, ...canary.samples].some((said) => FAILURES.some((failure) => failure.test(said)));
}

/** A pod of which only logs are known has no UID: whether it runs is not known. */
function finishedPods({ evidence }: JudgeInput): (pod: string) => boolean {
  const running = new Set(
    evidence.canary.pods
      .filter(({ uid }) => uid !== '')
      .filter(({ containers }) => containers.some(({ state }) => state === 'running' || state === 'waiting'))
      .map(({ name }) => name),
  );
  return (pod) => !running.has(pod);
}
