import { APPLY, type BundleObject, isJoined, type Kubectl } from './bundles.ts';

/** The namespace that the base makes; no other is ours to delete. */
const OWN_NAMESPACE = 'canary-analysis';

/** A namespace empties itself before it goes, in some ten seconds; until then nothing can be installed into it again. */
const DELETE_SECONDS = 120;

/** What to take out. */
export interface Removal {
  /** The CustomResourceDefinition too, and with it every CanaryAnalysis. */
  readonly crds: boolean;
  /** The namespace that the user named, which stays; '' or undefined: none. */
  readonly namespace?: string | undefined;
}

/** The objects that are deleted: neither what a bundle joins, nor a namespace that is another's or was named by the user. */
export function deletable<Kind extends BundleObject>(
  objects: readonly Kind[],
  { crds, namespace = '' }: Removal,
): Kind[] {
  return objects.filter((object) => {
    if (object.kind === 'Namespace') return namespace === '' && object.metadata.name === OWN_NAMESPACE;
    return !isJoined(object) && (crds || object.kind !== 'CustomResourceDefinition');
  });
}

/**
 * Deletes what is ours, and gives back the fields of what is not: an apply of nothing under our field manager removes its
 * fields and leaves those of others. The Rollouts controller restarts without the plugin. Ends when what is deleted is gone.
 * @returns what kubectl printed.
 */
export async function uninstall(
  kubectl: Kubectl,
  objects: readonly BundleObject[],
  removal: Removal,
): Promise<string> {
  let printed = '';
  for (const { apiVersion, kind, metadata } of objects.filter(isJoined)) {
    const { name, namespace = 'default' } = metadata;
    const found = await kubectl(['get', kind, name, '-n', namespace, '--ignore-not-found', '-o', 'name']);
    if (found.trim() === '') continue;
    const bare = JSON.stringify({ apiVersion, kind, metadata: { name, namespace } });
    printed += await kubectl([...APPLY, '-f', '-'], bare);
  }
  const items = deletable(objects, removal);
  if (items.length === 0) return printed;
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const deleted = ['delete', '--ignore-not-found', `--timeout=${DELETE_SECONDS}s`, '-f', '-'];
  return printed + (await kubectl(deleted, list));
}
