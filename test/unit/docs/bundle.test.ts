import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readPolicy } from '../../../operator/cli/policy-file.ts';
import { run } from '../../../operator/cli/run.ts';
import { blocksOf, codeWords, tableRows } from './markdown.ts';

const PAGE = 'docs/bundle.md';

describe('the documented bundle', () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'docs-bundle-'));
    const script = blocksOf(PAGE).find(({ language }) => language === 'bash')?.text ?? 'exit 1';
    await promisify(execFile)('bash', ['-eu', '-c', script], { cwd: dir });
  });
  after(() => rm(dir, { recursive: true, force: true }));

  const judge = async (...args: string[]): Promise<string> => {
    let out = '';
    const status = await run(['judge', ...args], {
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        throw new Error(text);
      },
      now: () => 0,
    });
    expect(status).to.equal(0);
    return out;
  };

  it('is judged as the page shows', async () => {
    const [, shown = ''] =
      blocksOf(PAGE)
        .map(
          ({ text }) =>
            /^\$ node build\/canary-analysis\.mjs judge bundle\n(bundle: [\s\S]*)/.exec(text) ?? [],
        )
        .find(([match]) => match !== undefined) ?? [];
    const out = await judge(join(dir, 'bundle'));
    expect(out.replaceAll(`${dir}/`, '').startsWith(`${shown}\n`), out).to.equal(true);
  });

  it('gives JSON with the keys the page lists', async () => {
    const result = JSON.parse(await judge(join(dir, 'bundle'), '-o', 'json')) as Record<string, object>;
    const rows = tableRows(PAGE, 'key');
    expect(rows.map(([cell = '']) => codeWords(cell)[0])).to.deep.equal(Object.keys(result));
    for (const key of ['coverage', 'distilled']) {
      const words = codeWords(rows.find(([cell]) => cell === `\`${key}\``)?.[1] ?? '');
      expect(words, key).to.have.members(Object.keys(result[key] ?? {}));
    }
    const [finding = {}] = (result['findings'] ?? []) as object[];
    const words = codeWords(rows.find(([cell]) => cell === '`findings`')?.[1] ?? '');
    expect(words).to.have.members(Object.keys(finding));
  });

  it('takes the policy file of the page', async () => {
    const policy = blocksOf(PAGE).find(({ text }) => text.startsWith('# policy'))?.text ?? 'not: there';
    await writeFile(join(dir, 'policy.yaml'), policy);
    expect(await readPolicy(join(dir, 'policy.yaml'))).to.include({
      onSuspicion: 'Abort',
      onInsufficientEvidence: 'Error',
    });
  });
});
