import type { Folder } from '../../../operator/bundle/index.ts';
import { Drain } from './drain.ts';
import { linesOf } from './lines.ts';

/** What a plain log-diff does: learns stable's templates with Drain and aborts when the canary logs any other. */
export async function noveltyJudge(bundle: Folder): Promise<'Promote' | 'Abort'> {
  const drain = new Drain();
  for await (const line of linesOf(bundle, 'stable')) drain.add(line);
  for await (const line of linesOf(bundle, 'canary')) if (drain.add(line)) return 'Abort';
  return 'Promote';
}
