import type { Folder } from '../../../operator/bundle/index.ts';
import { linesOf } from './lines.ts';

const KEYWORD = /\b(?:error|exception|fatal|panic|critical|severe)\b|Exception\b|Error\b|Traceback/i;

/** What a grep in a pipeline counts: lines of the canary that hold a word for an error. It aborts from one on. */
export async function keywordLines(bundle: Folder): Promise<number> {
  let lines = 0;
  for await (const line of linesOf(bundle, 'canary')) if (KEYWORD.test(line)) lines += 1;
  return lines;
}
