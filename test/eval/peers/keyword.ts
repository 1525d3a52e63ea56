import type { Folder } from '../../../operator/bundle/index.ts';
import { linesOf } from './lines.ts';

const KEYWORD = /\b(?:error|exception|fatal|panic|critical|severe)\b|Exception\b|Error\b|Traceback/i;

/** What a grep in a pipeline does: aborts when any line of the canary holds a word for an error. */
export async function keywordJudge(bundle: Folder): Promise<'Promote' | 'Abort'> {
  for await (const line of linesOf(bundle, 'canary')) if (KEYWORD.test(line)) return 'Abort';
  return 'Promote';
}
