import { expect } from 'chai';
import { applyFix, pathsOf, placeProblem } from '../../../../operator/github/fix.ts';
import { gitOf } from '../../../../operator/github/git.ts';

const REPOSITORY = {
  owner: 'acme',
  name: 'shop',
  pageURL: 'https://github.com/acme/shop',
  apiURL: 'https://api.github.com',
};

describe('the tree of a repository', () => {
  it('that GitHub does not list whole takes no file in what is left out', async () => {
    const tree = [{ path: 'deploy', mode: '040000', type: 'tree', sha: '1'.repeat(40) }];
    const git = gitOf({
      repository: REPOSITORY,
      ownLogin: async () => undefined,
      request: async () => ({ sha: '2'.repeat(40), tree, truncated: true }),
    });
    const edits = [{ path: 'deploy/web.yaml', before: '', after: 'x' }];
    const fix = { summary: 'add it', edits };
    const entries = await git.entries('2'.repeat(40), [...pathsOf(fix), 'canary', 'canary/a.md']);
    expect(applyFix(fix, entries)).to.deep.equal({
      refused: 'deploy/web.yaml is in a folder that GitHub does not list whole',
    });
    expect(placeProblem('canary/a.md', entries)).to.equal(
      'canary is in a folder that GitHub does not list whole',
    );
  });
});
