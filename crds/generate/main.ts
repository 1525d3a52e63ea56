import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles } from './outputs.ts';

const root = join(import.meta.dirname, '../..');
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const [path, content] of await generatedFiles(root)) {
  const current = await readFile(join(root, path), 'utf8').catch(() => undefined);
  if (current === content) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
  process.stdout.write(`wrote ${path}\n`);
}

if (stale.length === 0) process.stdout.write('Everything generated is up to date.\n');
else if (check) {
  process.stderr.write(`Stale, run \`make generate\`: ${stale.join(', ')}\n`);
  process.exitCode = 1;
}
