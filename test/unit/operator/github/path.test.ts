import { posix } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { pathProblem } from '../../../../operator/github/path.ts';

describe('the paths that a fix may write to', () => {
  for (const path of ['deploy/web.yaml', 'deploy/a/b/c.txt', 'k8s', 'k8s/x y.yml']) {
    it(`takes ${path}`, () => expect(pathProblem(path, ['deploy/', './k8s'])).to.equal(undefined));
  }

  for (const [path, problem] of [
    ['', /empty/],
    [`deploy/${'a'.repeat(300)}`, /longer than 256/],
    ['/etc/passwd', /absolute/],
    ['C:/windows', /no part of a file name/],
    ['deploy/../../etc/passwd', /leaves the tree/],
    ['deploy/./web.yaml', /leaves the tree/],
    ['deploy//web.yaml', /leaves the tree/],
    ['deploy/web.yaml/', /leaves the tree/],
    ['deploy\\..\\..\\x', /no part of a file name/],
    ['deploy/we\u0000b', /no part of a file name/],
    ['deploy/we\u202eb', /do not show/],
    ['deploy/web.yaml ', /some systems read otherwise/],
    ['deploy/web.', /some systems read otherwise/],
    ['.git/config', /Git itself/],
    ['deploy/.GIT/hooks/pre-commit', /Git itself/],
    ['deploy/.gitmodules', /Git itself/],
    ['.github/workflows/ci.yaml', /automation/],
    ['.GitHub/workflows/ci.yaml', /automation/],
    ['src/main.ts', /no folder of gitHub\.pullRequestPaths/],
    ['deployment/web.yaml', /no folder/],
  ] as const) {
    it(`refuses ${JSON.stringify(path.slice(0, 40))}`, () => {
      expect(pathProblem(path, ['deploy/', 'k8s'])).to.match(problem);
    });
  }

  it('refuses workflows also where the whole tree is allowed, and everything where nothing is', () => {
    expect(pathProblem('src/main.ts', ['.'])).to.equal(undefined);
    expect(pathProblem('.github/workflows/ci.yaml', ['.'])).to.match(/automation/);
    expect(pathProblem('deploy/web.yaml', [])).to.match(/no folder/);
  });

  it('never lets a path out of its folder', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '~', '.git', 'deploy', '%2e%2e'),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const path = parts.join('/');
        if (pathProblem(path, ['deploy']) !== undefined) return;
        expect(posix.normalize(path))
          .to.equal(path)
          .and.match(/^deploy(\/|$)/);
      }),
    );
  });
});
