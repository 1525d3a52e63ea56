import { expect } from 'chai';
import fc from 'fast-check';
import { jsonPatch, mergePatch, strategicMergePatch } from '../../../lab/api-server/patches.ts';

describe('merge patch', () => {
  it('follows the example of RFC 7386', () => {
    const target = {
      title: 'Goodbye!',
      author: { givenName: 'John', familyName: 'Doe' },
      tags: ['example', 'sample'],
    };
    const patch = { title: 'Hello!', phoneNumber: '1', author: { familyName: null }, tags: ['example'] };
    expect(mergePatch(target, patch)).to.deep.equal({
      title: 'Hello!',
      author: { givenName: 'John' },
      tags: ['example'],
      phoneNumber: '1',
    });
  });

  it('applied twice changes nothing more', () => {
    const json = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).to.deep.equal(once);
      }),
    );
  });
});

describe('strategic merge patch', () => {
  it('merges conditions by type and replaces container statuses', () => {
    const target = {
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'PodScheduled', status: 'True' },
      ],
      containerStatuses: [{ name: 'a', restartCount: 1 }],
    };
    const patch = { conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'b' }] };
    expect(strategicMergePatch(target, patch)).to.deep.equal({
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'PodScheduled', status: 'True' },
      ],
      containerStatuses: [{ name: 'b' }],
    });
  });

  it('follows the directives to delete and to replace', () => {
    const target = {
      containers: [{ name: 'a' }, { name: 'b' }],
      finalizers: ['x', 'y'],
      labels: { old: '1' },
    };
    const patch = {
      containers: [{ name: 'a', $patch: 'delete' }],
      '$setElementOrder/containers': [{ name: 'b' }],
      '$deleteFromPrimitiveList/finalizers': ['x'],
      labels: { $patch: 'replace', fresh: '1' },
    };
    expect(strategicMergePatch(target, patch)).to.deep.equal({
      containers: [{ name: 'b' }],
      finalizers: ['y'],
      labels: { fresh: '1' },
    });
  });
});

describe('JSON patch', () => {
  it('adds, removes, replaces, moves, copies and tests', () => {
    const target = { a: [1, 2], b: { c: 'x' }, 'k/e~y': 1 };
    const patched = jsonPatch(target, [
      { op: 'test', path: '/b/c', value: 'x' },
      { op: 'add', path: '/a/-', value: 3 },
      { op: 'add', path: '/a/0', value: 0 },
      { op: 'remove', path: '/k~1e~0y' },
      { op: 'replace', path: '/b/c', value: 'y' },
      { op: 'copy', from: '/b', path: '/d' },
      { op: 'move', from: '/b/c', path: '/e' },
    ]);
    expect(patched).to.deep.equal({ a: [0, 1, 2, 3], b: {}, d: { c: 'y' }, e: 'y' });
    expect(target.a).to.deep.equal([1, 2]);
  });

  it('fails as a whole when a test fails or a target is absent', () => {
    const failing = [{ op: 'test', path: '/a', value: 2 }];
    expect(() => jsonPatch({ a: 1 }, failing)).to.throw('testing value /a failed');
    expect(() => jsonPatch({}, [{ op: 'remove', path: '/a' }])).to.throw('missing key: /a');
  });
});
