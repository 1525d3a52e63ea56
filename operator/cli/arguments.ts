import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/** The flags of a command: whether each takes a value, and its letter. */
export type FlagTable = Readonly<
  Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>
>;

/** Arguments, taken apart. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** The value of a flag that was given. */
  readonly value: (flag: string) => string | undefined;
  /** Whether a flag without a value was given. */
  readonly given: (flag: string) => boolean;
}

/**
 * Takes arguments apart.
 * @throws {@link UsageError} naming the flag that is unknown, lacks its value or has one too many.
 */
export function takeApart(args: readonly string[], flags: FlagTable): Arguments {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: flags,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (flag === undefined) throw new UsageError(`unknown flag ${token.rawName}`);
    if (flag.type === 'string' && token.value === undefined)
      throw new UsageError(`${token.rawName} needs a value`);
    if (flag.type === 'boolean' && token.value !== undefined)
      throw new UsageError(`${token.rawName} takes no value`);
  }
  return {
    positionals,
    value: (flag) => {
      const value = values[flag];
      return typeof value === 'string' ? value : undefined;
    },
    given: (flag) => values[flag] === true,
  };
}
