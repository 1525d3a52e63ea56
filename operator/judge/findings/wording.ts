import type { Template } from '../../model.ts';
import type { Compared, Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { headline } from './headline.ts';
import { knowsStable } from './knows-stable.ts';

const LONGEST_MESSAGE = 1024;
const LONGEST_TEMPLATE = 512;
const LONGEST_QUOTED = 160;
/** What a cut leaves of a placeholder would read as a word of the log. */
const HALF_PLACEHOLDER = /(?:<[a-z-]*|\{…?)…$/;

/** The text within a limit of characters, with an ellipsis where it was cut. */
export function cut(text: string, limit = LONGEST_MESSAGE): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, limit - 1);
  return `${/[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head}…`;
}

/** A template as the public form of a finding shows it. */
export function shownTemplate(text: string): string {
  return cut(text, LONGEST_TEMPLATE);
}

/** The first line of a log text between backticks, short enough to stand in a sentence; of a stack trace what was thrown, and where. */
export function quoted(text: string): string {
  const { text: said, place } = headline(text.trim());
  const [line = ''] = said.split('\n', 1);
  const ticked = (words: string): string =>
    `\`${cut(words.trim().replaceAll('`', "'"), LONGEST_QUOTED).replace(HALF_PLACEHOLDER, '…')}\``;
  return place === undefined ? ticked(line) : `${ticked(line)} at ${ticked(place)}`;
}

/** `1 time`, `38 times`, `1,200 times`. */
export function times(count: number): string {
  return `${number(count)} ${count === 1 ? 'time' : 'times'}`;
}

/** A count with thousands separated by commas. */
export function number(count: number): string {
  return count.toLocaleString('en-US');
}

/** `in 2 of 3 pods`: the canary pods that show it, of those that were read. */
export function inPods(shown: number, input: JudgeInput): string {
  const all = Math.max(shown, input.evidence.read.canary.podsRead);
  return `in ${shown} of ${all} ${all === 1 ? 'pod' : 'pods'}`;
}

/** How stable compares: `stable never did`, or what its rate would make on the canary's exposure. */
export function againstStable(compared: Compared, { exposure }: Comparison, input: JudgeInput): string {
  const { stable, ratio, novel, stableOutside, rewordedFrom } = compared;
  if (novel) return stableNever(input);
  const words = rewordedFrom === undefined ? '' : ` in other words, ${quoted(rewordedFrom.text)}`;
  if (stable.count === 0)
    return `stable did not in the window, but ${times(stableOutside)} outside it${words}`;
  const did = `stable did ${times(stable.count)}${words}`;
  if (exposure.stable <= 0 || !Number.isFinite(ratio)) return did;
  const expected = (stable.count * exposure.canary) / exposure.stable;
  return `${did}, which makes ${rounded(expected)} for the canary's share of the work: ${rounded(ratio)} times stable's rate`;
}

/** Two significant digits below 10, whole numbers above. */
export function rounded(value: number): string {
  return value >= 10 ? number(Math.round(value)) : String(Number(value.toPrecision(2)));
}

/** A quote of each of the first three of these templates that has one. */
export function samplesOf(templates: readonly Template[]): string[] {
  return templates
    .flatMap(({ canary }) => canary.samples.slice(0, 1))
    .slice(0, 3)
    .map((sample) => cut(sample, 512));
}

/** The pods with at least one occurrence. */
export function showing(pods: Readonly<Record<string, number>>): number {
  return Object.values(pods).filter((count) => count > 0).length;
}

/** `stable never did`, where that can be known. */
export function stableNever(input: JudgeInput): string {
  return knowsStable(input) ? 'stable never did' : 'nothing is known of stable';
}
