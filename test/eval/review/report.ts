import type { Verdict } from '../../../crds/v1alpha1/status.ts';
import { MAX_PROMPT_TOKENS } from '../../../operator/review/prompt.ts';
import { share } from '../summary.ts';
import { columns, percent } from '../table.ts';
import type { Checked } from '../targets.ts';
import type { ReviewedCase } from './evaluate.ts';

/** What a reviewer changed and cost, as a table by class and in sentences. */
export function reviewReport(cases: readonly ReviewedCase[]): string {
  const groups = [...Map.groupBy(cases, (each) => each.class), ['all', cases] as const];
  const table = columns([
    [
      'class',
      'cases',
      'changed',
      'now right',
      'now wrong',
      'promoted against the truth',
      'no opinion',
      'citations valid',
      'prompt tokens, median',
      'most',
    ],
    ...groups.map(([name, all]) => [
      name,
      String(all.length),
      String(all.filter(({ alone, verdict }) => alone !== verdict).length),
      String(all.filter((each) => !isRight(each, each.alone) && isRight(each, each.verdict)).length),
      String(all.filter((each) => isRight(each, each.alone) && !isRight(each, each.verdict)).length),
      String(all.filter(isWronglyPromoted).length),
      String(all.filter(({ failure }) => failure !== undefined).length),
      validity(all),
      String(median(all.map(({ promptTokens }) => promptTokens))),
      String(Math.max(...all.map(({ promptTokens }) => promptTokens))),
    ]),
  ]);
  return [table, changes(cases), tokens(cases), failures(cases)].filter((part) => part !== '').join('\n\n');
}

/** What has to hold of every reviewer, also of the worst. */
export function reviewTargets(cases: readonly ReviewedCase[]): Checked[] {
  const most = Math.max(0, ...cases.map(({ promptTokens }) => promptTokens));
  const bad = cases.filter(({ assessment }) => assessment === 'Blocking' || assessment === 'Regressed');
  const promoted = bad.filter(({ verdict }) => verdict === 'Promote');
  return [
    {
      text: `at most ${MAX_PROMPT_TOKENS} tokens a prompt`,
      seen: `${most} at most`,
      holds: most <= MAX_PROMPT_TOKENS,
    },
    {
      text: 'no Blocking or Regressed case is promoted',
      seen: `${promoted.length} of ${bad.length} are`,
      holds: promoted.length === 0,
    },
  ];
}

function isRight({ expected }: ReviewedCase, verdict: Verdict): boolean {
  return expected.length > 0 && expected.includes(verdict);
}

function isWronglyPromoted({ expected, verdict }: ReviewedCase): boolean {
  return expected.length > 0 && verdict === 'Promote' && !expected.includes('Promote');
}

function validity(all: readonly ReviewedCase[]): string {
  const sum = (of: (each: ReviewedCase) => number): number =>
    all.reduce((total, each) => total + of(each), 0);
  const [valid, given] = [sum(({ validCitations }) => validCitations), sum(({ citations }) => citations)];
  return given === 0 ? '–' : `${valid} of ${given} (${percent(share(valid, given).share)})`;
}

function changes(cases: readonly ReviewedCase[]): string {
  const changed = cases.filter(({ alone, verdict }) => alone !== verdict);
  const groups = Map.groupBy(
    changed,
    ({ assessment, alone, verdict, reason }) => `${assessment}: ${alone} became ${verdict} (${reason})`,
  );
  const lines = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([what, all]) => `${String(all.length).padStart(5)}  ${what}, e.g. ${all[0]?.name}`);
  return [
    `The reviewer changed ${changed.length} of ${cases.length} verdicts of the findings alone.`,
    ...lines,
  ].join('\n');
}

function tokens(cases: readonly ReviewedCase[]): string {
  const line = (what: string, counts: readonly number[]): string[] =>
    counts.length === 0 ? [] : [`${what}: median ${median(counts)}, at most ${Math.max(...counts)}`];
  return [
    ...line(
      'Tokens of evidence, estimated',
      cases.map((each) => each.evidenceTokens),
    ),
    ...line(
      'Tokens of the whole prompt, estimated',
      cases.map((each) => each.promptTokens),
    ),
    ...line(
      'Tokens that the reviewer counted',
      cases.flatMap(({ countedTokens }) => countedTokens ?? []),
    ),
    ...line(
      'Milliseconds to an answer',
      cases.map(({ ms }) => Math.round(ms)),
    ),
  ].join('\n');
}

function failures(cases: readonly ReviewedCase[]): string {
  const groups = Map.groupBy(
    cases.filter(({ failure }) => failure !== undefined),
    ({ failure = '' }) => failure.slice(0, 300),
  );
  return [...groups].map(([why, all]) => `${String(all.length).padStart(5)}  no opinion: ${why}`).join('\n');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
