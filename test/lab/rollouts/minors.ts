import { NEWEST, ROLLOUTS_RELEASES, type RolloutsMinor } from '../control-plane/programs.ts';

const MINORS = Object.keys(ROLLOUTS_RELEASES) as RolloutsMinor[];

/**
 * The minors of Argo Rollouts to test: those that `MINORS` lists, comma-separated, else the newest.
 * @throws Error that names a minor which is not known.
 */
export function chosenMinors(env: Readonly<Record<string, string | undefined>>): RolloutsMinor[] {
  const names = (env['MINORS'] || NEWEST).split(',').map((name) => name.trim());
  return names.map((name) => {
    if (isMinor(name)) return name;
    throw new Error(`MINORS: "${name}" is not one of ${MINORS.join(', ')}`);
  });
}

function isMinor(name: string): name is RolloutsMinor {
  return Object.hasOwn(ROLLOUTS_RELEASES, name);
}
