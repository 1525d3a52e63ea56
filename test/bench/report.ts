/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'MB' | 'count';
  /** The plugin in Go, or whatever else stands beside ours. */
  readonly other?: number;
  readonly ours: number;
  /** Of ours to the other: the median of the rounds' own ratios, where there are rounds. */
  readonly ratio?: number;
  /** What design allows, of the ratio or of ours. */
  readonly budget?: { readonly of: 'ratio' | 'ours'; readonly most: number };
}

/** True, false, or undefined where nothing is asked. */
export function holds({ budget, ratio = Number.NaN, ours }: Row): boolean | undefined {
  if (budget === undefined) return undefined;
  return (budget.of === 'ratio' ? ratio : ours) <= budget.most;
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    number(row.other),
    number(row.ours),
    row.ratio === undefined ? '' : row.ratio.toFixed(2),
    budgetText(row),
    { true: 'pass', false: '**FAIL**', undefined: '' }[String(holds(row))] ?? '',
  ]);
  const head = ['', 'Go / other', 'ours', 'ratio', 'budget', ''];
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (parts: readonly string[]) =>
    `| ${parts.map((part, column) => (column === 0 ? part.padEnd(widths[0] ?? 0) : part.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...cells.map(line)].join('\n');
}

function number(value: number | undefined): string {
  if (value === undefined) return '';
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 1000 ? 1 : 0).replace(/\.0$/, '');
}

function budgetText({ budget, unit }: Row): string {
  if (budget === undefined) return '';
  return budget.of === 'ratio'
    ? `≤ ${budget.most}×`
    : `≤ ${budget.most} ${unit === 'count' ? '' : unit}`.trim();
}
