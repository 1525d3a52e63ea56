import type { Outcome } from './evaluate.ts';
import type { ClassSummary, Share } from './summary.ts';
import type { Checked } from './targets.ts';

/** Rows as text in columns, the first to the left and the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function percent(value: number): string {
  const text = (value * 100).toFixed(1);
  return `${text.endsWith('.0') ? text.slice(0, -2) : text} %`;
}

function interval(of: Share | undefined): string {
  return of === undefined
    ? '–'
    : `${percent(of.share)} [${(of.low * 100).toFixed(1)}, ${(of.high * 100).toFixed(1)}]`;
}

/** One row a class: counts, right verdicts with their 95 % Wilson interval, cost, and how often the peers abort. */
export function classTable(summaries: readonly ClassSummary[]): string {
  return columns([
    [
      'class',
      'cases',
      'Promote',
      'Inconcl.',
      'Abort',
      'Error',
      'right, 95 % Wilson',
      'ms',
      'tokens',
      'keyword aborts',
      'Drain aborts',
    ],
    ...summaries.map((s) => [
      s.class,
      String(s.cases),
      String(s.promote.count),
      String(s.inconclusive.count),
      String(s.abort.count),
      String(s.error.count),
      interval(s.right),
      s.msPerCase.toFixed(1),
      String(s.tokensPerCase),
      s.keywordAborts === undefined ? '–' : percent(s.keywordAborts.share),
      s.noveltyAborts === undefined ? '–' : percent(s.noveltyAborts.share),
    ]),
  ]);
}

/** Which finding or reason moved each verdict that is not right, by class, the most frequent first. */
export function wrongVerdicts(outcomes: readonly Outcome[]): string {
  const wrong = outcomes.filter(
    ({ expected, verdict }) => expected.length > 0 && !expected.includes(verdict),
  );
  const groups = Map.groupBy(
    wrong,
    ({ class: name, verdict, reason, kind = 'no finding' }) => `${name}: ${verdict}, ${reason} (${kind})`,
  );
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(
      ([what, all]) =>
        `${String(all.length).padStart(5)}  ${what}, e.g. ${all[0]?.name}: ${all[0]?.message.slice(0, 200)}`,
    )
    .join('\n');
}

/** Each target and whether it holds. */
export function targetList(targets: readonly Checked[]): string {
  return targets.map(({ holds, text, seen }) => `${holds ? 'holds ' : 'FAILS '} ${text}: ${seen}`).join('\n');
}
