import { wilsonInterval } from '../../operator/judge/statistics/wilson.ts';
import type { Outcome } from './evaluate.ts';

/** A part of a number of cases, with its 95 % Wilson interval. */
export interface Share {
  readonly count: number;
  readonly of: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export function share(count: number, of: number): Share {
  const { low, high } = wilsonInterval(count, of);
  return { count, of, share: of === 0 ? 0 : count / of, low, high };
}

/** What came of one class. */
export interface ClassSummary {
  readonly class: string;
  readonly cases: number;
  readonly promote: Share;
  readonly abort: Share;
  readonly inconclusive: Share;
  readonly error: Share;
  /** Right verdicts; absent where the class is only measured. */
  readonly right?: Share;
  /** Aborts where only another verdict is right, and promotions likewise. */
  readonly falseAborts?: Share;
  readonly falsePromotes?: Share;
  readonly msPerCase: number;
  readonly tokensPerCase: number;
  readonly keywordAborts?: Share;
  readonly noveltyAborts?: Share;
  /** Verdicts or reasons that differ from the twin's. */
  readonly twinDiffers?: Share;
  /** Cases whose message names what the bundle lacks. */
  readonly unfounded: Share;
  /** Annotated error lines that stable lacks and that are represented. */
  readonly annotated?: Share;
  /** The same of all annotated lines: those that stable logs too are no news. */
  readonly allAnnotated?: Share;
}

/** Sums up the outcomes by class, in the order in which the classes first come. */
export function summarize(outcomes: readonly Outcome[]): ClassSummary[] {
  return [...Map.groupBy(outcomes, (outcome) => outcome.class)].map(([name, all]) => summary(name, all));
}

function summary(name: string, all: readonly Outcome[]): ClassSummary {
  const count = (holds: (outcome: Outcome) => boolean): Share => share(all.filter(holds).length, all.length);
  const expected = all[0]?.expected ?? [];
  const with_ = <K extends string>(key: K, value: Share | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: Share };
  const judged = expected.length > 0;
  const annotated = all.flatMap((outcome) => outcome.annotated ?? []);
  const [lines, onStable, represented] = (['lines', 'onStable', 'represented'] as const).map((key) =>
    annotated.reduce((total, each) => total + each[key], 0),
  ) as [number, number, number];
  const sum = (of: (outcome: Outcome) => number): number =>
    all.reduce((total, outcome) => total + of(outcome), 0);
  return {
    class: name,
    cases: all.length,
    promote: count(({ verdict }) => verdict === 'Promote'),
    abort: count(({ verdict }) => verdict === 'Abort'),
    inconclusive: count(({ verdict }) => verdict === 'Inconclusive'),
    error: count(({ verdict }) => verdict === 'Error'),
    ...with_('right', judged ? count(({ verdict }) => expected.includes(verdict)) : undefined),
    ...with_(
      'falseAborts',
      judged && !expected.includes('Abort') ? count(({ verdict }) => verdict === 'Abort') : undefined,
    ),
    ...with_(
      'falsePromotes',
      judged && !expected.includes('Promote') ? count(({ verdict }) => verdict === 'Promote') : undefined,
    ),
    msPerCase: sum(({ ms }) => ms) / all.length,
    tokensPerCase: Math.round(sum(({ tokens }) => tokens) / all.length),
    ...with_(
      'keywordAborts',
      all.some(({ keywordLines }) => keywordLines !== undefined)
        ? count(({ keywordLines = 0 }) => keywordLines > 0)
        : undefined,
    ),
    ...with_(
      'noveltyAborts',
      all.some(({ newTemplates }) => newTemplates !== undefined)
        ? count(({ newTemplates = 0 }) => newTemplates > 0)
        : undefined,
    ),
    ...with_(
      'twinDiffers',
      all.some(({ twin }) => twin !== undefined)
        ? count(({ twin, verdict, reason }) => twin?.verdict !== verdict || twin.reason !== reason)
        : undefined,
    ),
    unfounded: count((outcome) => outcome.unfounded.length > 0),
    ...with_('annotated', annotated.length === 0 ? undefined : share(represented, lines - onStable)),
    ...with_('allAnnotated', annotated.length === 0 ? undefined : share(represented, lines)),
  };
}
