import type { Folder } from '../../../operator/bundle/index.ts';
import type { Side } from '../../../operator/model.ts';

/** All lines of a side's logs, without the kubelet's timestamps. */
export async function* linesOf(bundle: Folder, side: Side): AsyncIterable<string> {
  for (const pod of (await bundle.list(side)) ?? []) {
    if (pod.type !== 'folder') continue;
    for (const file of (await bundle.list(`${side}/${pod.name}`)) ?? []) {
      if (!file.name.endsWith('.log')) continue;
      const text = Buffer.from(await bundle.read(`${side}/${pod.name}/${file.name}`)).toString();
      for (const line of text.split('\n')) {
        if (line !== '') yield line.replace(/^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2}) /, '');
      }
    }
  }
}
