import type { Part } from '@a2a-js/sdk';
import type { Checked } from '../opinion-schema.ts';
import type { TaskView } from './task-view.ts';

/**
 * The JSON text of what an agent answered: of its artifacts, or where it made none of what it said, the one data part;
 * where there is none, all text parts together.
 */
export function answerText({ artifacts, said }: TaskView): Checked<string> {
  const made = [...artifacts.values()].flat();
  const parts = made.length > 0 ? made : said;
  const data = parts.flatMap(dataOf);
  if (data.length > 1) return { problem: `the answer has ${data.length} data parts, not one` };
  const [only] = data;
  if (only !== undefined) return { answer: JSON.stringify(only) };
  return { answer: parts.map(textOf).join('') };
}

function dataOf({ content }: Part): object[] {
  return content?.$case === 'data' && typeof content.value === 'object' && content.value !== null
    ? [content.value]
    : [];
}

function textOf({ content }: Part): string {
  return content?.$case === 'text' ? content.value : '';
}
