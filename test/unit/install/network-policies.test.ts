import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { ShippedObject } from '../../real/shipped/files.ts';
import { egressGaps, sidecarGaps } from '../../real/shipped/network-policies.ts';
import { kustomized } from './kustomized.ts';

const ROOT = join(import.meta.dirname, '../../..');

const FILES = globSync('{kustomize,manifests,examples}/**/*.yaml', { cwd: ROOT })
  .filter((path) => !path.includes('node_modules'))
  .sort();

const documentsOf = (path: string): ShippedObject[] =>
  parseAllDocuments(readFileSync(join(ROOT, path), 'utf8')).map((document) => document.toJS());

describe('the NetworkPolicies that are shipped', () => {
  const policies = FILES.flatMap((path) =>
    documentsOf(path)
      .filter((object) => object?.kind === 'NetworkPolicy')
      .map((object) => ({ path, object })),
  );

  it('let each pod ask DNS, in OpenShift too, and go out by either family of addresses', () => {
    const sources = policies.map(({ path }) => path).filter((path) => !path.startsWith('manifests/'));
    expect(sources).to.have.members([
      'examples/agent/base/network-policy.yaml',
      'examples/progressive-delivery/argo-rollouts/network-policy.yaml',
      'examples/progressive-delivery/base/network-policy.yaml',
      'kustomize/base/network-policy.yaml',
    ]);
    expect(
      policies.flatMap(({ path, object }) => egressGaps(object).map((gap) => `${path}: ${gap}`)),
    ).to.deep.equal([]);
  });

  it('would be told from one that knows port 53 and IPv4 alone', () => {
    const to = [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }];
    const egress = [{ ports: [{ port: 53, protocol: 'UDP' }] }, { to, ports: [{ port: 443 }] }];
    const [policy] = policies;
    const old = { ...policy?.object, spec: { policyTypes: ['Egress'], egress } } as ShippedObject;
    expect(egressGaps(old)).to.have.lengthOf(4);
  });
});

describe('the namespaces into which Istio injects', () => {
  const injecting = FILES.filter((path) => path.endsWith('/kustomization.yaml'))
    .map(dirname)
    .map((path) => ({ path, objects: kustomized(join(ROOT, path)) }))
    .filter(({ objects }) =>
      objects.some(({ metadata }) => metadata?.labels?.['istio-injection'] === 'enabled'),
    );

  it('let their sidecars reach istiod', () => {
    const paths = injecting.map(({ path }) => path);
    expect(paths).to.deep.equal([
      'examples/openshift-gitops/workloads/canary-app',
      'examples/progressive-delivery/istio',
    ]);
    expect(
      injecting.flatMap(({ path, objects }) => sidecarGaps(objects).map((gap) => `${path}: ${gap}`)),
    ).to.deep.equal([]);
  });

  it('would be told from one whose policies know nothing of it', () => {
    const { objects = [] } = injecting.find(({ path }) => path.endsWith('/istio')) ?? {};
    expect(sidecarGaps(objects.map(withoutLastRule))).to.deep.equal([
      'ai-engine: no egress to istio-system:15012',
    ]);
  });
});

function withoutLastRule(object: ShippedObject): ShippedObject {
  if (object.kind !== 'NetworkPolicy') return object;
  const { egress, ...spec } = object['spec'] as { egress: readonly unknown[] };
  return { ...object, spec: { ...spec, egress: egress.slice(0, -1) } };
}
