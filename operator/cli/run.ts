import { isCoded } from '../../crds/errors.ts';
import { BUILT_IN_POLICY } from '../judge/index.ts';
import { judgeBundle } from './judge.ts';
import { jsonLine, text } from './output.ts';
import { readPolicy } from './policy-file.ts';
import { parseCommand, UsageError } from './usage.ts';

/** Where the command line writes, and its clock. */
export interface CliIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/** Bad input and bad usage. */
const BAD_INPUT = 2;

/**
 * Runs one command and gives the exit status: 0 when it did its work, whatever the verdicts; 2 for bad usage and bad
 * input, which are named on stderr. A bad bundle does not keep the others from being judged.
 */
export async function run(args: readonly string[], io: CliIo): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.kind === 'help') {
      io.stdout(command.text);
      return 0;
    }
    const policy = command.policyFile === undefined ? BUILT_IN_POLICY : await readPolicy(command.policyFile);
    let status = 0;
    for (const bundle of command.bundles) {
      try {
        const judged = await judgeBundle(bundle, {
          policy,
          now: io.now,
          ...(io.signal === undefined ? {} : { signal: io.signal }),
        });
        io.stdout(`${command.output === 'json' ? jsonLine(judged) : text(judged)}\n`);
      } catch (error) {
        if (!isCoded(error, 'BUNDLE_INVALID')) throw error;
        io.stderr(`canary-analysis: ${error.message}\n`);
        status = BAD_INPUT;
      }
    }
    return status;
  } catch (error) {
    if (error instanceof UsageError)
      io.stderr(`canary-analysis: ${error.message}\nTry canary-analysis --help\n`);
    else if (isCoded(error, 'CONFIG_INVALID')) io.stderr(`canary-analysis: ${error.message}\n`);
    else throw error;
    return BAD_INPUT;
  }
}
