import { expect } from 'chai';
import { readShipped, type ShippedObject } from '../../real/shipped/files.ts';
import { BROAD, broadBindings } from '../../real/shipped/policy.ts';
import { manifests } from '../examples/manifests.ts';

describe('the bindings that are shipped', () => {
  it('are of roles that are written down here, but for those with a reason, each of which is used', () => {
    const objects = [
      ...readShipped().files.flatMap((file) => file.objects),
      ...manifests().map(({ fields }) => fields as unknown as ShippedObject),
    ];
    expect(objects.filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind))).to.have.lengthOf.above(10);
    const broad = objects.filter((object) => broadBindings(object).length > 0);
    const names = broad.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect([...new Set(names)]).to.have.members(Object.keys(BROAD));
  });

  it('are told by the role, whatever they are called', () => {
    const binding = (kind: string, role: string): ShippedObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { name: 'harmless' },
      roleRef: { kind: role === 'local' ? 'Role' : 'ClusterRole', name: role === 'local' ? 'admin' : role },
    });
    for (const role of ['cluster-admin', 'admin', 'edit'])
      for (const kind of ['RoleBinding', 'ClusterRoleBinding'])
        expect(broadBindings(binding(kind, role)), `${kind} ${role}`).to.deep.equal([role]);
    for (const role of ['view', 'local', 'canary-analysis-agent'])
      expect(broadBindings(binding('RoleBinding', role)), role).to.deep.equal([]);
  });
});
