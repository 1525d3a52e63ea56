import { parseArgs } from 'node:util';

/** What a mistake on the command line is called; the message names the flag. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** How results are printed. */
export type OutputFormat = 'json' | 'text';

/** A command line, understood. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'judge';
      readonly bundles: readonly string[];
      readonly output: OutputFormat;
      readonly policyFile?: string;
    };

const HELP = `Usage: canary-analysis COMMAND

Commands:
  judge BUNDLE [BUNDLE…]   judge evidence that was collected into directories

canary-analysis COMMAND --help tells more.
`;

const JUDGE_HELP = `Usage: canary-analysis judge BUNDLE [BUNDLE…] [-o json|text] [--policy FILE]

Judges bundles: directories with the logs and facts of a stable and a canary side. Findings alone decide; no model is
asked and no cluster is needed. Prints one result for each bundle.

  -o, --output FORMAT   json: one object a line; text: for people (default: text)
      --policy FILE     YAML or JSON with fields of a CanaryAnalysis' spec.policy, e.g. onSuspicion: Abort
  -h, --help            this text

A bundle:
  stable/POD/CONTAINER.log            lines, each may start with an RFC 3339 timestamp
  stable/POD/CONTAINER.previous.log   optional: the log of the run before this one
  stable/POD/pod.json                 optional: the Pod
  stable/events.json                  optional: an EventList
  canary/…                            the same
  change.json                         optional: {"stable": PodTemplateSpec, "canary": PodTemplateSpec}

Exit status: 0 when all bundles were judged, whatever the verdicts; 2 for bad input or bad usage.
`;

/**
 * Understands the arguments behind the program's name.
 * @throws {@link UsageError} naming the flag, command or value that is wrong.
 */
export function parseCommand(args: readonly string[]): Command {
  const [command, ...rest] = args;
  if (command === undefined) throw new UsageError('a command is missing: judge');
  if (command === '-h' || command === '--help' || command === 'help') return { kind: 'help', text: HELP };
  if (command.startsWith('-')) throw new UsageError(`unknown flag ${command}`);
  if (command !== 'judge') throw new UsageError(`unknown command ${command}; there is: judge`);
  return parseJudge(rest);
}

function parseJudge(args: string[]): Command {
  const { values, positionals, tokens } = parseArgs({
    args,
    options: {
      output: { type: 'string', short: 'o' },
      policy: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (!['output', 'policy', 'help'].includes(token.name))
      throw new UsageError(`unknown flag ${token.rawName}`);
    if (token.name !== 'help' && token.value === undefined)
      throw new UsageError(`${token.rawName} needs a value`);
    if (token.name === 'help' && token.value !== undefined)
      throw new UsageError(`${token.rawName} takes no value`);
  }
  if (values.help === true) return { kind: 'help', text: JUDGE_HELP };
  const output = values.output ?? 'text';
  if (output !== 'json' && output !== 'text')
    throw new UsageError(`--output must be json or text, not ${String(output)}`);
  if (positionals.length === 0) throw new UsageError('judge needs at least one BUNDLE');
  return {
    kind: 'judge',
    bundles: positionals,
    output,
    ...(typeof values.policy === 'string' ? { policyFile: values.policy } : {}),
  };
}
