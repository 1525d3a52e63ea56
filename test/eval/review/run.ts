import type { Case } from '../case.ts';
import { openCases, readCase } from '../case-folder.ts';
import type { Progress } from '../progress.ts';
import { syntheticCases } from '../synthetic/cases.ts';
import { CLASSES } from '../synthetic/classes.ts';
import type { Checked } from '../targets.ts';
import { honest, worst } from './doubles.ts';
import { evaluateReview, type ReviewedCase } from './evaluate.ts';
import { reviewReport, reviewTargets } from './report.ts';
import { type Asked, doubleReviewer, type Environment, type Kind, NEEDS, realReviewer } from './reviewer.ts';

/** An evaluation of reviewers. */
export interface ReviewOptions {
  readonly kind: Kind;
  readonly env: Environment;
  /** A folder of bundles; synthetic pairs when empty. */
  readonly cases: string;
  readonly seed: string;
  /** Synthetic pairs a class. */
  readonly size: number;
  /** A regular expression: only these synthetic classes. */
  readonly class: string;
  readonly progress: Progress;
  readonly say: (text: string) => void;
}

/** What one reviewer made of all cases. */
export interface ReviewResult {
  readonly reviewer: string;
  readonly cases: readonly ReviewedCase[];
  readonly targets: readonly Checked[];
}

/** Has the reviewer that the environment names review every case; two doubles where it names none, and says so. */
export async function evaluateReviewers(options: ReviewOptions): Promise<ReviewResult[]> {
  const { kind, env, say } = options;
  const real = realReviewer(kind, env);
  const { cases, dispose } = await casesOf(options);
  try {
    if (real !== undefined) return [await evaluateOne(real.reviewer.name, real, cases, options)];
    say(
      `${NEEDS[kind].join(' or ')} is not set: no ${kind === 'a2a' ? 'agent' : 'model'} was asked. What follows is of two doubles behind the same interface, and tells nothing of any real one.`,
    );
    const results: ReviewResult[] = [];
    for (const [name, answering] of [
      ['an honest double', honest],
      ['the worst double', worst],
    ] as const) {
      const double = await doubleReviewer(kind, answering);
      results.push(await evaluateOne(name, double, cases, options));
    }
    return results;
  } finally {
    await dispose();
  }
}

async function evaluateOne(
  name: string,
  asked: Asked,
  cases: readonly Case[],
  { kind, progress, say }: ReviewOptions,
): Promise<ReviewResult> {
  const reviewed: ReviewedCase[] = [];
  try {
    for (const each of cases) {
      reviewed.push(await evaluateReview(each, kind, asked));
      progress.at(name, reviewed.length, cases.length);
    }
  } finally {
    progress.end();
    await asked.close();
  }
  say(`\n${name}\n\n${reviewReport(reviewed)}`);
  return {
    reviewer: name,
    cases: reviewed,
    targets: reviewTargets(reviewed).map((one) => ({ ...one, text: `${name}: ${one.text}` })),
  };
}

async function casesOf({ cases, seed, size, class: only }: ReviewOptions) {
  if (cases !== '') {
    const { root, dirs, dispose } = await openCases(cases);
    return { cases: await Promise.all(dirs.map((dir) => readCase(root, dir))), dispose };
  }
  const chosen = CLASSES.filter(({ name }) => new RegExp(only).test(name));
  return {
    cases: chosen.flatMap((made) => [...syntheticCases(seed, made, size)]),
    dispose: () => Promise.resolve(),
  };
}
