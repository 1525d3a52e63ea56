import { expect } from 'chai';
import { DEFINITIONS, type TestServer, testServer, widgetDefinition } from '../objects.ts';

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly shortNames?: readonly string[] }[];
}

describe('discovery', () => {
  let test: TestServer;

  beforeEach(async () => {
    test = await testServer();
  });
  afterEach(() => test.stop());

  it('names every resource of a group version, subresources too', async () => {
    const { resources } = await test.client.get<ResourceList>('/api/v1');
    expect(resources.map(({ name }) => name)).to.include.members([
      'pods',
      'pods/log',
      'pods/status',
      'events',
      'nodes',
    ]);
  });

  it('grows with the definitions', async () => {
    await test.client.create(DEFINITIONS, widgetDefinition());
    const { groups } = await test.client.get<{ groups: { name: string }[] }>('/apis');
    expect(groups.map(({ name }) => name)).to.include.members(['apps', 'argoproj.io', 'example.test']);
    const { resources } = await test.client.get<ResourceList>('/apis/example.test/v1');
    expect(resources[0]).to.deep.include({ name: 'widgets', shortNames: ['wi'] });
    expect(resources.map(({ name }) => name)).to.deep.equal(['widgets', 'widgets/status']);
  });

  it('says which version of Kubernetes is followed', async () => {
    expect(await test.client.get('/version')).to.include({ major: '1', minor: '35' });
  });
});
