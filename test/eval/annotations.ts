import type { Folder } from '../../operator/bundle/index.ts';
import { decodeSnapshot, encodeSnapshot } from '../../operator/bundle/index.ts';
import type { Judged } from '../../operator/cli/judge.ts';
import { createDistiller } from '../../operator/distill/index.ts';
import type { Side, Template } from '../../operator/model.ts';
import { createRedactor } from '../../operator/redact/index.ts';

/** How many of the lines that annotators marked as errors are represented. */
export interface AnnotatedLines {
  readonly lines: number;
  /** Of these, lines that stable logs too, but for their numbers: rulers, totals, advice. They can be no news. */
  readonly onStable: number;
  /** Of the others, those that are. */
  readonly represented: number;
  /** The first few that are not. */
  readonly missing: readonly string[];
}

const MAX_MISSING = 5;
/** Lines before and after one that may belong to its record, or tell what kind of log it is. */
const CONTEXT = 200;
/** Two numbers a millisecond apart name two lines. */
const FIRST = Date.parse('2026-01-01T00:00:00Z');
// biome-ignore lint/suspicious/noControlCharactersInRegex: some logs lost it
const COLOUR = /\x1b?\[[\d;]*m/g;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2}) /;

/** The numbers of the lines marked `E` by any annotator, from 1: `E 12-14`. */
export function errorLineNumbers(annotations: readonly string[]): number[] {
  const numbers = new Set<number>();
  for (const annotation of annotations) {
    for (const [, first = '', last = first] of annotation.matchAll(/^E (\d+)(?:-(\d+))?$/gm)) {
      for (let n = Number(first); n <= Number(last); n++) numbers.add(n);
    }
  }
  return [...numbers].sort((a, b) => a - b);
}

/**
 * Which annotated lines of the canary's only log are represented in the snapshot's novel templates: the record that the line
 * begins, or that it is a part of, has a template that stable never logged, and the snapshot kept it; or a quote of
 * such a template holds the line. Blank lines are
 * left out, and lines that stable logs too are counted apart.
 */
export async function annotatedLines(
  bundle: Folder,
  annotations: readonly string[],
  judged: Judged,
): Promise<AnnotatedLines> {
  const { distilled } = decodeSnapshot(encodeSnapshot(judged));
  const news = distilled.templates.filter(({ stable }) => stable.count + stable.outside === 0);
  const novel = new Set(news.map(keyOf));
  const quoted = news.flatMap(({ canary }) => canary.samples.map(squeezed));
  const onStableToo = new Set((await onlyLog(bundle, 'stable')).split('\n').map(bare));
  const records = new Records(
    (await onlyLog(bundle, 'canary')).split('\n').map((line) => line.replace(TIMESTAMP, '')),
  );
  let lines = 0;
  let onStable = 0;
  let represented = 0;
  const missing: string[] = [];
  for (const number of errorLineNumbers(annotations)) {
    const line = records.lines[number - 1] ?? '';
    if (line.trim() === '') continue;
    lines += 1;
    if (onStableToo.has(bare(line))) {
      onStable += 1;
      continue;
    }
    const template = records.of(number - 1);
    const words = squeezed(line);
    const isQuoted = (): boolean => words.length > 2 && quoted.some((sample) => sample.includes(words));
    if ((template !== undefined && novel.has(keyOf(template))) || isQuoted()) represented += 1;
    else if (missing.length < MAX_MISSING)
      missing.push(
        `${number}: ${line.slice(0, 120)} (${template?.level ?? 'no'} ${template?.text.slice(0, 80) ?? 'template'})`,
      );
  }
  return { lines, onStable, represented, missing };
}

/** Which record each line of a log belongs to, as the distiller sees it. */
class Records {
  readonly lines: readonly string[];
  readonly #begun = new Map<number, Template | undefined>();

  constructor(lines: readonly string[]) {
    this.lines = lines;
  }

  /** The template of the record that a line, counted from 0, begins, else of the nearest before it that began one. */
  of(line: number): Template | undefined {
    for (let i = line; i >= 0; i--) {
      const template = this.#beginning(i);
      if (template !== undefined) return template;
    }
    return undefined;
  }

  /** Every line gets a time of its own, so that a window of one instant counts the record that begins there, if one does. */
  #beginning(line: number): Template | undefined {
    if (this.#begun.has(line)) return this.#begun.get(line);
    const instant = { from: FIRST + line, to: FIRST + line };
    const distiller = createDistiller({
      windows: { stable: instant, canary: instant },
      redactor: createRedactor(),
    });
    const writer = distiller.open({ side: 'canary', pod: 'p', container: 'c', kind: 'app', previous: false });
    const from = Math.max(0, line - CONTEXT);
    for (const [i, text] of this.lines.slice(from, line + CONTEXT).entries())
      writer.write(Buffer.from(`${new Date(FIRST + from + i).toISOString()} ${text}\n`));
    writer.end();
    const template = distiller.result().templates.find(({ canary }) => canary.count > 0);
    this.#begun.set(line, template);
    return template;
  }
}

/** What tells one template from another. */
function keyOf({ text, level, logger = '' }: Template): string {
  return JSON.stringify([text, level, logger]);
}

/** A line without timestamp, colours, numbers and the width of its spaces. */
function bare(line: string): string {
  return line.replace(TIMESTAMP, '').replace(COLOUR, '').replace(/\d+/g, '0').replace(/\s+/g, ' ').trim();
}

function squeezed(text: string): string {
  return text.replace(COLOUR, '').replace(/\s+/g, ' ').trim();
}

async function onlyLog(bundle: Folder, side: Side): Promise<string> {
  for (const pod of (await bundle.list(side)) ?? []) {
    if (pod.type !== 'folder') continue;
    for (const file of (await bundle.list(`${side}/${pod.name}`)) ?? []) {
      if (!file.name.endsWith('.log')) continue;
      return Buffer.from(await bundle.read(`${side}/${pod.name}/${file.name}`)).toString();
    }
  }
  return '';
}
