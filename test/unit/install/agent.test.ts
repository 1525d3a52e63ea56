import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const AGENT = 'examples/agent';
const OPENSHIFT = 'examples/openshift-gitops/system/kubernetes-agent';

interface Env {
  readonly name: string;
  readonly valueFrom?: {
    readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}

describe('the agent of the examples', () => {
  const [container] = parse(read(`${AGENT}/base/deployment.yaml`)).spec.template.spec.containers;
  const references = (container.env as Env[]).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);
  const keysOf = (folder: string): string[] => {
    const [secret] = parseAllDocuments(read(`${folder}/secret.yaml.template`)).map((one) => one.toJS());
    return Object.keys(secret.stringData);
  };

  it('has one source, to which the OpenShift kit adds a namespace and where its image is', () => {
    const { resources, images, namespace, ...more } = parse(read(`${OPENSHIFT}/kustomization.yaml`));
    expect(resources).to.deep.equal(['../../../agent/base']);
    expect(namespace).to.equal('openshift-gitops');
    expect(Object.keys(more)).to.have.members(['apiVersion', 'kind']);
    expect(images).to.deep.equal(parse(read(`${AGENT}/kustomization.yaml`)).images);
    expect(container.image).to.equal(`canary-analysis-operator:${packageJson.version}`);
  });

  it('has a role that stands in one file', () => {
    const files = globSync('{examples,kustomize}/**/*.yaml', { cwd: ROOT }).filter((path) =>
      parseAllDocuments(read(path)).some((one) => {
        const { kind, metadata } = (one.toJS() ?? {}) as { kind?: string; metadata?: { name?: string } };
        return kind === 'ClusterRole' && metadata?.name === 'canary-analysis-agent';
      }),
    );
    expect(files).to.deep.equal([`${AGENT}/base/role.yaml`]);
  });

  it('takes each key of its Secret from the template, and starts without any', () => {
    expect(references).not.to.be.empty;
    expect(references.filter(({ optional }) => optional !== true)).to.deep.equal([]);
    expect(keysOf(AGENT)).to.have.members(references.map(({ key }) => key));
    expect(keysOf(AGENT)).to.include.members(keysOf(OPENSHIFT));
  });
});
