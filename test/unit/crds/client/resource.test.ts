import { expect } from 'chai';
import fc from 'fast-check';
import {
  objectKey,
  parseObjectKey,
  type ResourceDefinition,
  resourceName,
  resourcePath,
} from '../../../../crds/client/resource.ts';
import { isCoded } from '../../../../crds/errors.ts';

const pods: ResourceDefinition = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const nodes: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
};
const deployments: ResourceDefinition = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

describe('the path of a resource', () => {
  it('leads to objects, collections, subresources and all namespaces, of the core group and of others', () => {
    expect(resourcePath(pods)).to.equal('/api/v1/pods');
    expect(resourcePath(pods, { namespace: 'shop', name: 'web-1', subresource: 'log' })).to.equal(
      '/api/v1/namespaces/shop/pods/web-1/log',
    );
    expect(resourcePath(nodes, { name: 'a' })).to.equal('/api/v1/nodes/a');
    expect(resourcePath(deployments, { namespace: 'shop' })).to.equal(
      '/apis/apps/v1/namespaces/shop/deployments',
    );
  });

  it('encodes what a name may hold and a URL may not', () => {
    expect(resourcePath(pods, { namespace: 'shop', name: 'system:a b?#é' })).to.equal(
      '/api/v1/namespaces/shop/pods/system%3Aa%20b%3F%23%C3%A9',
    );
  });

  for (const name of ['', '.', '..', 'a/b', 'a%2fb', '\ud800']) {
    it(`refuses the name ${JSON.stringify(name)}`, () => {
      expect(() => resourcePath(pods, { namespace: 'shop', name }))
        .to.throw()
        .that.satisfies((error: unknown) => isCoded(error, 'API_INVALID'));
      expect(() => resourcePath(pods, { namespace: name, name: 'a' })).to.throw();
    });
  }

  it('stays below its collection whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        let path: string;
        try {
          path = resourcePath(pods, { namespace: 'shop', name });
        } catch (error) {
          expect(isCoded(error, 'API_INVALID')).to.equal(true);
          return;
        }
        const url = new URL(path, 'http://server');
        expect(url.pathname.startsWith('/api/v1/namespaces/shop/pods/')).to.equal(true);
        expect(url.pathname.split('/').length).to.equal(7);
        expect(url.search + url.hash).to.equal('');
      }),
    );
  });

  it('refuses a namespaced object without a namespace', () => {
    expect(() => resourcePath(pods, { name: 'web-1' })).to.throw('namespace');
  });
});

describe('the names of resources and objects', () => {
  it('names a resource as roles do', () => {
    expect(resourceName(pods, 'log')).to.equal('pods/log');
    expect(resourceName(deployments)).to.equal('deployments.apps');
  });

  it('turns a reference into a key and back', () => {
    for (const ref of [{ namespace: 'shop', name: 'web' }, { name: 'node' }]) {
      expect(parseObjectKey(objectKey(ref))).to.deep.equal(ref);
    }
  });
});
