import type { Folder } from '../../../operator/bundle/index.ts';
import { Drain } from './drain.ts';
import { linesOf } from './lines.ts';

/** What a plain log-diff counts: templates of the canary that Drain did not learn from stable. It aborts from one on. */
export async function newTemplates(bundle: Folder): Promise<number> {
  const drain = new Drain();
  for await (const line of linesOf(bundle, 'stable')) drain.add(line);
  let news = 0;
  for await (const line of linesOf(bundle, 'canary')) if (drain.add(line)) news += 1;
  return news;
}
