import type { AssessmentName, Verdict } from '../../crds/v1alpha1/status.ts';
import type { Folder } from '../../operator/bundle/index.ts';
import { type Judged, judgeBundle } from '../../operator/cli/judge.ts';
import { evidenceTokens } from '../../operator/cli/output.ts';
import { BUILT_IN_POLICY } from '../../operator/judge/index.ts';
import { type AnnotatedLines, annotatedLines } from './annotations.ts';
import type { Case } from './case.ts';
import { unfounded } from './grounding/unfounded.ts';
import { keywordLines } from './peers/keyword.ts';
import { newTemplates } from './peers/novelty.ts';

/** What came of one case. */
export interface Outcome {
  readonly name: string;
  readonly class: string;
  readonly expected: readonly Verdict[];
  readonly verdict: Verdict;
  readonly reason: string;
  readonly assessment: AssessmentName;
  readonly message: string;
  /** Kind of the strongest finding. */
  readonly kind?: string;
  readonly ms: number;
  readonly tokens: number;
  /** What the message or one of a finding names and the bundle lacks. */
  readonly unfounded: readonly string[];
  /** What the peers count of the canary: each aborts from one on. */
  readonly keywordLines?: number;
  readonly newTemplates?: number;
  /** Of the lines that annotators marked, how many are in the snapshot's novel templates. */
  readonly annotated?: AnnotatedLines;
  /** What the twin was given, where there is one. */
  readonly twin?: { readonly verdict: Verdict; readonly reason: string };
}

/** How a case is evaluated. */
export interface EvaluateOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Whether the peers judge too. */
  readonly peers: boolean;
  readonly signal?: AbortSignal;
}

/** Judges one case with the command line's own code, and with the peers. */
export async function evaluate(each: Case, options: EvaluateOptions): Promise<Outcome> {
  const began = options.now();
  const judged = await judge(each.bundle, each.look, options);
  const ms = options.now() - began;
  const twin = each.twin === undefined ? undefined : await judge(each.twin, each.look, options);
  const { decision, assessed } = judged;
  const kind = assessed.findings[0]?.kind;
  return {
    name: each.name,
    class: each.class,
    expected: each.expected,
    verdict: decision.verdict,
    reason: decision.reason,
    assessment: assessed.assessment,
    message: decision.message,
    ...(kind === undefined ? {} : { kind }),
    ms,
    tokens: evidenceTokens(judged),
    unfounded: await unfounded(
      [decision.message, ...assessed.findings.map(({ message }) => message)],
      each.bundle,
    ),
    ...(options.peers
      ? { keywordLines: await keywordLines(each.bundle), newTemplates: await newTemplates(each.bundle) }
      : {}),
    ...(each.errorLines === undefined
      ? {}
      : { annotated: await annotatedLines(each.bundle, each.errorLines, judged) }),
    ...(twin === undefined ? {} : { twin: { verdict: twin.decision.verdict, reason: twin.decision.reason } }),
  };
}

function judge(bundle: Folder, look: number | undefined, { now, signal }: EvaluateOptions): Promise<Judged> {
  return judgeBundle(bundle, {
    policy: BUILT_IN_POLICY,
    now,
    inlineBytes: Number.POSITIVE_INFINITY,
    ...(look === undefined ? {} : { look }),
    ...(signal === undefined ? {} : { signal }),
  });
}
