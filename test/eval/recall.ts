import type { Outcome } from './evaluate.ts';
import { type Share, share } from './summary.ts';
import { columns, percent } from './table.ts';

/** False aborts that a judge may have before its recall counts. */
export const MOST_FALSE_ABORTS = 0.05;

/** How often a judge aborts bad canaries, and good ones. */
export interface Recall {
  readonly judge: string;
  /** From how much of what it counts on it aborts; absent for the judge itself, which has verdicts. */
  readonly threshold?: number;
  readonly falseAborts: Share;
  readonly byClass: Readonly<Record<string, Share>>;
}

type Score = (outcome: Outcome) => number | undefined;

const JUDGES: readonly { readonly judge: string; readonly score: Score }[] = [
  { judge: 'keyword lines', score: ({ keywordLines }) => keywordLines },
  { judge: 'new Drain templates', score: ({ newTemplates }) => newTemplates },
];

/**
 * Aborts by class of the judge and its peers at no more than {@link MOST_FALSE_ABORTS} of the good canaries, those of which
 * only Promote is right. A peer is given the lowest threshold that keeps this on the very cases it is measured on, which is
 * in its favour. The judge can also stop a rollout for a person to look, which is told apart. Empty where no case is good,
 * none is bad, or the peers did not judge.
 */
export function recallBesidePeers(outcomes: readonly Outcome[]): Recall[] {
  const good = outcomes.filter(({ expected }) => expected.length === 1 && expected[0] === 'Promote');
  const bad = outcomes.filter(({ expected }) => expected.length > 0 && !expected.includes('Promote'));
  if (good.length === 0 || bad.length === 0) return [];
  const recall = (judge: string, aborts: (outcome: Outcome) => boolean): Recall => ({
    judge,
    falseAborts: share(good.filter(aborts).length, good.length),
    byClass: Object.fromEntries(
      [...Map.groupBy(bad, (outcome) => outcome.class)].map(([name, all]) => [
        name,
        share(all.filter(aborts).length, all.length),
      ]),
    ),
  });
  const peers = JUDGES.flatMap(({ judge, score }): Recall[] => {
    if (outcomes.some((outcome) => score(outcome) === undefined)) return [];
    const threshold = lowestThreshold(good.map((outcome) => score(outcome) ?? 0));
    const at = (least: number): Recall => ({
      ...recall(judge, (outcome) => (score(outcome) ?? 0) >= least),
      threshold: least,
    });
    return threshold === 1 ? [at(1)] : [at(1), at(threshold)];
  });
  if (peers.length === 0) return [];
  return [
    recall('this judge', ({ verdict }) => verdict === 'Abort'),
    recall('this judge, or stops', ({ verdict }) => verdict !== 'Promote'),
    ...peers,
  ];
}

/** The least score, from 1, that at most {@link MOST_FALSE_ABORTS} of these reach. */
function lowestThreshold(scores: readonly number[]): number {
  const reached = (least: number): number => scores.filter((score) => score >= least).length;
  const candidates = [1, ...scores.map((score) => score + 1)].sort((a, b) => a - b);
  return candidates.find((least) => reached(least) <= MOST_FALSE_ABORTS * scores.length) ?? 1;
}

/** One row a judge: false aborts, then how many of each class of bad canaries it aborts. */
export function recallTable(recalls: readonly Recall[]): string {
  const [first] = recalls;
  if (first === undefined) return '';
  const classes = Object.keys(first.byClass);
  const cell = (of: Share | undefined): string => (of === undefined ? '–' : `${of.count} of ${of.of}`);
  return columns([
    ['aborts', 'false', ...classes],
    ...recalls.map(({ judge, threshold, falseAborts, byClass }) => [
      threshold === undefined ? judge : `${judge}, from ${threshold} on`,
      percent(falseAborts.share),
      ...classes.map((name) => cell(byClass[name])),
    ]),
  ]);
}
