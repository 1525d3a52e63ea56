import type { Case } from '../case.ts';
import { memoryFolder } from '../memory-folder.ts';
import type { SyntheticClass } from './plans.ts';
import { Random } from './random.ts';

/** The case of a class with this index: a seed always gives the same. */
export function syntheticCase(seed: string, made: SyntheticClass, index: number): Case {
  const name = `${made.name}-${index}`;
  const { files, twin } = made.make(new Random(`${seed}/${name}`));
  return {
    name,
    class: made.name,
    expected: made.expected,
    bundle: memoryFolder(name, files),
    ...(twin === undefined ? {} : { twin: memoryFolder(`${name}-twin`, twin) }),
  };
}

/** The first cases of a class, made one by one. */
export function* syntheticCases(seed: string, made: SyntheticClass, count: number): Generator<Case> {
  for (let i = 0; i < count; i++) yield syntheticCase(seed, made, i);
}
