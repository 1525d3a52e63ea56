import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse as parseYaml } from 'yaml';
import { APPLY, FIELD_MANAGER } from '../../../kustomize/bundles.ts';
import { parseConfig } from '../../../operator/config/load-config.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { failureOf } from '../../support/promises.ts';
import {
  BASE,
  containersOf,
  find,
  type Kustomizing,
  type Manifest,
  podOf,
  startKustomizing,
} from './kustomizing.ts';

describe('kustomize/base on a real API server', () => {
  let lab: Kustomizing;
  let base: readonly Manifest[];

  before(async function () {
    this.timeout(1_800_000);
    lab = await startKustomizing();
    base = await lab.render(BASE);
  });
  after(() => lab?.stop());

  const apply = () => [...APPLY, '--kustomize', BASE];

  it('applies, and changes nothing when it is applied again', async () => {
    const first = await lab.plane.kubectl(apply());
    expect(first.trim().split('\n')).to.have.lengthOf(base.length);
    await lab.plane.kubectl([
      'wait',
      '--for=condition=Established',
      'crd/canaryanalyses.metric-ai.argoproj-labs.io',
    ]);
    const before = await writes();
    await lab.plane.kubectl(apply());
    expect(await writes()).to.deep.equal(before);
  });

  /** When the applied fields of each object were last written. */
  async function writes(): Promise<Record<string, string>> {
    const args = ['get', '--kustomize', BASE, '--show-managed-fields', '--output=json'];
    const { items } = JSON.parse(await lab.plane.kubectl(args)) as {
      items: (Manifest & {
        metadata: { managedFields: { manager: string; operation: string; time: string }[] };
      })[];
    };
    return Object.fromEntries(
      items.map(({ kind, metadata }) => {
        const { generation, resourceVersion, managedFields } = metadata;
        const mine = managedFields.find(
          ({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply',
        );
        if (mine === undefined) throw new Error(`${kind} ${metadata.name} was not applied`);
        // Controllers write the status of these; their generation tells of the spec.
        return [`${kind}/${metadata.name}`, `${mine.time} ${generation ?? resourceVersion}`];
      }),
    );
  }

  it('runs two replicas whose pods the namespace, restricted, admits', async () => {
    const deployment = find(base, 'Deployment', 'canary-analysis-operator');
    expect(deployment.spec?.replicas).to.equal(2);
    const created = await lab.plane.kubectl(['create', '--dry-run=server', '-f', '-'], podOf(deployment));
    expect(created).to.contain('pod/trial created');
    const rootful = podOf(deployment).replace('"runAsNonRoot":true', '"runAsNonRoot":false');
    const refused = await failureOf(lab.plane.kubectl(['create', '--dry-run=server', '-f', '-'], rootful));
    expect(refused.message).to.contain('violates PodSecurity "restricted');
  });

  it("pins the operator's image to the version of this project", () => {
    const images = containersOf(find(base, 'Deployment', 'canary-analysis-operator')).map(
      ({ image }) => image,
    );
    expect(images).to.deep.equal([`canary-analysis-operator:${packageJson.version}`]);
  });

  it('mounts a configuration that the operator takes', () => {
    const { data } = find(base, 'ConfigMap', 'canary-analysis-config');
    const config = parseConfig(data?.['config.yaml'] ?? '', 'config.yaml');
    expect(config.health?.port).to.equal(8081);
  });

  it('holds no Secret, and starts without one', async () => {
    expect(base.filter(({ kind }) => kind === 'Secret')).to.deep.equal([]);
    const example = parseYaml(await readFile(join(BASE, 'credentials.example.yaml'), 'utf8'));
    const operator = containersOf(find(base, 'Deployment', 'canary-analysis-operator'))[0];
    expect(operator)
      .to.have.property('envFrom')
      .that.deep.equals([{ secretRef: { name: example.metadata.name, optional: true } }]);
  });

  it('moves to another namespace as a whole', async () => {
    const moved = await lab.renderUser('moved', (to) => `namespace: elsewhere\nresources: ["${to(BASE)}"]\n`);
    expect(find(moved, 'Namespace', '').metadata.name).to.equal('elsewhere');
    const subjects = moved.flatMap((object) => object.subjects ?? []);
    expect(subjects.map(({ namespace }) => namespace)).to.deep.equal(['elsewhere', 'elsewhere']);
  });
});
