import type { Case } from '../case.ts';
import { memoryFolder } from '../memory-folder.ts';
import type { SyntheticClass } from './classes.ts';
import { Random } from './random.ts';

/** The cases of a class, made one by one: a seed always gives the same. */
export function* syntheticCases(seed: string, made: SyntheticClass, count: number): Generator<Case> {
  for (let i = 0; i < count; i++) {
    const name = `${made.name}-${i}`;
    const { files, twin } = made.make(new Random(`${seed}/${name}`));
    yield {
      name,
      class: made.name,
      expected: made.expected,
      bundle: memoryFolder(name, files),
      ...(twin === undefined ? {} : { twin: memoryFolder(`${name}-twin`, twin) }),
    };
  }
}
