import { expect } from 'chai';
import fc from 'fast-check';
import { builtInTypes } from '../../../lab/api-server/built-in-types.ts';
import type { ResourceType } from '../../../lab/api-server/resource-type.ts';
import { fieldSelector, labelSelector } from '../../../lab/api-server/selectors.ts';
import { ApiError } from '../../../lab/api-server/status.ts';
import type { KubeObject } from '../../../lab/kubernetes.ts';

function labelled(labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels } };
}

function typeOf(plural: string): ResourceType {
  const type = builtInTypes().find((candidate) => candidate.plural === plural);
  if (type === undefined) throw new Error(plural);
  return type;
}

describe('label selectors', () => {
  const cases: readonly [selector: string, labels: Record<string, string>, selected: boolean][] = [
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b, c)', {}, false],
    ['a notin (b,c)', {}, true],
    ['a notin (b,c)', { a: 'b' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['!a', {}, true],
    ['a=b,c in (d,e),!f', { a: 'b', c: 'e' }, true],
    ['a=b,c in (d,e),!f', { a: 'b', c: 'e', f: '' }, false],
    ['example.test/awaited=', { 'example.test/awaited': '' }, true],
    ['n>3', { n: '4' }, true],
    ['', { a: 'b' }, true],
  ];
  for (const [selector, labels, selected] of cases) {
    it(`"${selector}" ${selected ? 'selects' : 'does not select'} ${JSON.stringify(labels)}`, () => {
      expect(labelSelector(selector)(labelled(labels))).to.equal(selected);
    });
  }

  it('are refused with a 400 when they do not parse', () => {
    expect(() => labelSelector('a in b')).to.throw(ApiError, 'unable to parse requirement');
  });

  it('in and notin divide all objects', () => {
    const value = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.option(value, { nil: undefined }),
        fc.uniqueArray(value, { minLength: 1 }),
        (label, values) => {
          const object = labelled(label === undefined ? {} : { key: label });
          const isIn = labelSelector(`key in (${values.join(',')})`)(object);
          const isNotIn = labelSelector(`key notin (${values.join(',')})`)(object);
          expect(isIn)
            .to.equal(!isNotIn)
            .and.to.equal(label !== undefined && values.includes(label));
        },
      ),
    );
  });
});

describe('field selectors', () => {
  it('select pods by node and events by the object they are about', () => {
    const pod: KubeObject = { ...labelled({}), spec: { nodeName: 'n1' } };
    expect(fieldSelector('spec.nodeName=n1', typeOf('pods'))(pod)).to.equal(true);
    expect(fieldSelector('spec.nodeName!=n1', typeOf('pods'))(pod)).to.equal(false);
    const event: KubeObject = { ...labelled({}), involvedObject: { uid: 'u', kind: 'Pod' } };
    const selector = 'involvedObject.uid=u,involvedObject.kind=Pod';
    expect(fieldSelector(selector, typeOf('events'))(event)).to.equal(true);
  });

  it('are refused for a field that the type does not select by', () => {
    expect(() => fieldSelector('spec.x=1', typeOf('configmaps'))).to.throw(
      'field label not supported: spec.x',
    );
  });
});
