import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isCoded } from '../../crds/errors.ts';
import { assembleFolder, MOUNT } from './folder.ts';

const HELP = `Fills OUTPUT with what the plugin needs in the image of Argo Rollouts, where it appears as ${MOUNT}:
the dynamic loader, the libraries Node needs, Node, the plugin.

  node plugin/image/assemble.ts OUTPUT [--node FILE] [--bundle FILE] [--root FOLDER] [--libraries FOLDER]...

  --node FILE         Node for x86-64 or arm64, linked against glibc; default: the one that runs this
  --bundle FILE       the plugin in one file; default: build/plugin.mjs, which make build writes
  --root FOLDER       the system that loader and libraries are taken from; default: /
  --libraries FOLDER  searched before that system's folders; may be repeated
  --help              print this`;

const OPTIONS = {
  node: { type: 'string' },
  bundle: { type: 'string' },
  root: { type: 'string' },
  libraries: { type: 'string', multiple: true },
  help: { type: 'boolean' },
} as const;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const [output, ...more] = positionals;
  if (output === undefined || more.length > 0) throw new Usage('name one folder');
  const files = await assembleFolder({
    output,
    node: values.node ?? process.execPath,
    bundle: values.bundle ?? join(import.meta.dirname, '../../build/plugin.mjs'),
    ...(values.root === undefined ? {} : { root: values.root }),
    folders: values.libraries ?? [],
  });
  for (const file of files) {
    const { size } = statSync(join(output, file));
    process.stdout.write(`${String(size).padStart(9)} bytes  ${join(output, file)}\n`);
  }
  return 0;
}

class Usage extends Error {}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new Usage(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Usage) process.stderr.write(`${error.message}\n\n${HELP}\n`);
  else if (isCoded(error)) process.stderr.write(`${error.message}\n`);
  else throw error;
  process.exitCode = error instanceof Usage ? 2 : 1;
}
