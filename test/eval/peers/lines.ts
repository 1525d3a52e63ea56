import type { Folder } from '../../../operator/bundle/index.ts';
import type { Side } from '../../../operator/model.ts';

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2}) /;

/** The lines of each log of a side, without the kubelet's timestamps. */
export async function* logsOf(
  bundle: Folder,
  side: Side,
): AsyncIterable<{ readonly pod: string; readonly lines: readonly string[] }> {
  for (const pod of (await bundle.list(side)) ?? []) {
    if (pod.type !== 'folder') continue;
    for (const file of (await bundle.list(`${side}/${pod.name}`)) ?? []) {
      if (!file.name.endsWith('.log')) continue;
      const text = Buffer.from(await bundle.read(`${side}/${pod.name}/${file.name}`)).toString();
      const lines = text.split('\n').filter((line) => line !== '');
      yield { pod: pod.name, lines: lines.map((line) => line.replace(TIMESTAMP, '')) };
    }
  }
}

/** All lines of a side's logs, without the kubelet's timestamps. */
export async function* linesOf(bundle: Folder, side: Side): AsyncIterable<string> {
  for await (const { lines } of logsOf(bundle, side)) yield* lines;
}
