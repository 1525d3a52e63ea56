import type { Folder } from '../../operator/bundle/index.ts';
import type { Judged } from '../../operator/cli/judge.ts';
import { createDistiller } from '../../operator/distill/index.ts';
import { createRedactor } from '../../operator/redact/index.ts';

/** How many of the lines that annotators marked as errors are represented. */
export interface AnnotatedLines {
  readonly lines: number;
  readonly represented: number;
  /** The first few that are not. */
  readonly missing: readonly string[];
}

const MAX_MISSING = 5;

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
 * Which annotated lines of the canary's log are represented in templates that stable lacks: the line, alone, distils to
 * the template's text, or is a part of it or of one of its samples, or of the trace it begins.
 */
export async function annotatedLines(
  bundle: Folder,
  annotations: readonly string[],
  judged: Judged,
): Promise<AnnotatedLines> {
  const text = await onlyLog(bundle);
  const all = text.split('\n');
  const novel = judged.distilled.templates.filter(({ stable }) => stable.count + stable.outside === 0);
  const inNovel = new Set(novel.map((template) => squeezed(template.text)));
  const shown = novel
    .flatMap((template) => [template.text, ...template.canary.samples])
    .map(squeezed)
    .join('\n');
  let lines = 0;
  let represented = 0;
  const missing: string[] = [];
  for (const number of errorLineNumbers(annotations)) {
    const line = all[number - 1] ?? '';
    const bare = squeezed(line.replace(/^\S+T\S+Z /, ''));
    if (bare === '') continue;
    lines += 1;
    if (
      shown.includes(bare) ||
      distilledAlone(line).some((template) => inNovel.has(template) || shown.includes(template))
    )
      represented += 1;
    else if (missing.length < MAX_MISSING) missing.push(`${number}: ${bare.slice(0, 160)}`);
  }
  return { lines, represented, missing };
}

/** The templates a line makes by itself. */
function distilledAlone(line: string): string[] {
  const distiller = createDistiller({
    windows: { stable: undefined, canary: undefined },
    redactor: createRedactor(),
  });
  const writer = distiller.open({ side: 'canary', pod: 'p', container: 'c', kind: 'app', previous: false });
  writer.write(Buffer.from(`${line}\n`));
  writer.end();
  return distiller.result().templates.map((template) => squeezed(template.text));
}

async function onlyLog(bundle: Folder): Promise<string> {
  for (const pod of (await bundle.list('canary')) ?? []) {
    for (const file of (await bundle.list(`canary/${pod.name}`)) ?? []) {
      if (!file.name.endsWith('.log')) continue;
      return Buffer.from(await bundle.read(`canary/${pod.name}/${file.name}`)).toString();
    }
  }
  return '';
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
