import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../../..');
const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });

describe('the templates of Secrets', () => {
  const templates = globSync('{examples,kustomize}/**/*.yaml.template', { cwd: ROOT }).concat(
    globSync('kustomize/**/*.example.yaml', { cwd: ROOT }),
  );

  it('are copied to files that Git ignores, wherever they lie, as each says itself', () => {
    expect(templates).to.have.lengthOf.above(3);
    for (const path of templates) {
      const copy = basename(path).replace('.template', '').replace('.example', '');
      expect(readFileSync(join(ROOT, path), 'utf8'), path)
        .to.match(new RegExp(`Copy .*\\b${copy.replace('.', '\\.')}`))
        .and.to.match(/Git ignores|ignored by Git/);
      const targets = [copy, join(dirname(path), copy)];
      expect(
        git('check-ignore', '--no-index', ...targets)
          .trim()
          .split('\n'),
      ).to.deep.equal(targets);
    }
  });

  it('are in Git themselves', () => {
    expect(
      git('ls-files', ...templates)
        .trim()
        .split('\n'),
    ).to.have.members(templates);
  });
});
