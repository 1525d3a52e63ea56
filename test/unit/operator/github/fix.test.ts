import { expect } from 'chai';
import type { ProposedEdit } from '../../../../crds/v1alpha1/status.ts';
import { applyFix, fixProblem, pathsOf, type TreeEntry } from '../../../../operator/github/fix.ts';

const edit = (path: string, before: string, after: string): ProposedEdit => ({ path, before, after });
const fixOf = (...edits: ProposedEdit[]) => ({ summary: 'raise the limit', edits });
const file = (content: string): TreeEntry => ({ kind: 'file', mode: '100644', content });

describe('a proposed fix', () => {
  it('may not be too large, change nothing or reach where it must not', () => {
    const many = Array.from({ length: 1000 }, (_, index) => edit(`deploy/${index}`, '', 'x'));
    for (const [fix, problem] of [
      [fixOf(), /changes nothing/],
      [fixOf(...many), /1000 edits, more than 8/],
      [fixOf(edit('deploy/a', '', 'x'.repeat(9000))), /longer than 8192 characters/],
      [fixOf(edit('deploy/a', 'x', 'x')), /the edit of deploy\/a changes nothing/],
      [fixOf(edit('deploy/a', '', 'x'), edit('.github/workflows/a', '', 'x')), /automation/],
    ] as const) {
      expect(fixProblem(fix, ['deploy'])).to.match(problem);
    }
    expect(fixProblem(fixOf(edit('deploy/a', '', 'x')), ['deploy'])).to.equal(undefined);
  });

  it('replaces what stands there once, keeps the mode, and adds new files', () => {
    const entries = new Map<string, TreeEntry>([
      ['deploy', { kind: 'folder' }],
      ['deploy/run.sh', { kind: 'file', mode: '100755', content: 'a\nb\nc\n' }],
    ]);
    const fix = fixOf(
      edit('deploy/run.sh', 'b\n', 'B\n'),
      edit('deploy/run.sh', 'c', 'C'),
      edit('deploy/new/x', '', 'new'),
    );
    expect(pathsOf(fix)).to.deep.equal(['deploy', 'deploy/run.sh', 'deploy/new', 'deploy/new/x']);
    expect(applyFix(fix, entries)).to.deep.equal({
      files: [
        { path: 'deploy/run.sh', mode: '100755', content: 'a\nB\nC\n' },
        { path: 'deploy/new/x', mode: '100644', content: 'new' },
      ],
    });
  });

  for (const [what, fix, entries, refused] of [
    ['a file that moved on', fixOf(edit('a', 'old', 'new')), { a: file('other') }, /does not hold the text/],
    ['a text that is there twice', fixOf(edit('a', 'x', 'y')), { a: file('x x') }, /more than once/],
    ['a new file that is there', fixOf(edit('a', '', 'y')), { a: file('x') }, /is there already/],
    ['a file that is not there', fixOf(edit('a', 'x', 'y')), {}, /is not there/],
    ['a symbolic link', fixOf(edit('a', 'x', 'y')), { a: { kind: 'symlink' } }, /is a symbolic link/],
    ['a submodule', fixOf(edit('a', 'x', 'y')), { a: { kind: 'submodule' } }, /is a submodule/],
    [
      'a path under a symbolic link',
      fixOf(edit('a/b', '', 'y')),
      { a: { kind: 'symlink' } },
      /a is no folder/,
    ],
    ['a path under a submodule', fixOf(edit('a/b', '', 'y')), { a: { kind: 'submodule' } }, /a is no folder/],
    ['a path under a file', fixOf(edit('a/b', '', 'y')), { a: file('x') }, /a is no folder/],
    ['bytes that are no text', fixOf(edit('a', 'x', 'y')), { a: { kind: 'binary' } }, /is not text/],
  ] as const) {
    it(`is refused for ${what}`, () => {
      const applied = applyFix(fix, new Map(Object.entries(entries as Record<string, TreeEntry>)));
      expect('refused' in applied && applied.refused).to.match(refused);
    });
  }
});
