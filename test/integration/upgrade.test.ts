import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { KubeObject } from '../lab/kubernetes.ts';
import { API_SERVER } from './api-servers.ts';
import { measurementOf, System } from './system.ts';

const DEFINITION = join(import.meta.dirname, '../../crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml');

interface Definition extends KubeObject {
  spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: {
          readonly properties: { readonly spec: { readonly properties: Record<string, unknown> } };
        };
      };
    }[];
  };
}

/** The definition as it would be before a field was added to the spec. */
async function definitionWithout(field: string): Promise<KubeObject> {
  const definition = parse(await readFile(DEFINITION, 'utf8')) as Definition;
  for (const { schema } of definition.spec.versions) {
    delete schema.openAPIV3Schema.properties.spec.properties[field];
  }
  return definition;
}

describe(`a definition older than the plugin (${API_SERVER.name})`, () => {
  let system: System;
  before(async function () {
    this.timeout('30m');
    system = await System.start({ installed: false });
    const definition = await system.lab.apply(await definitionWithout('ttlSecondsAfterFinished'));
    await system.until(definition, 'was served', ({ status }) => {
      const conditions = (status?.['conditions'] ?? []) as { type: string; status: string }[];
      return conditions.some((one) => one.type === 'Established' && one.status === 'True');
    });
  });
  after(() => system.stop());

  it('is an Error that says to upgrade it, where a configuration needs what it lacks', async () => {
    const rollout = await system.deploy('older');
    const run = await system.finished(await system.measure(rollout, { ttlSecondsAfterFinished: 3600 }));
    expect(run.status?.phase).to.equal('Error');
    const measurement = measurementOf(run);
    expect(measurement.metadata).to.include({ reason: 'UpgradeNeeded' });
    expect(measurement.message).to.match(/older than this plugin: upgrade the CRD .*ttlSecondsAfterFinished/);
    expect(await system.analyses('older')).to.deep.equal([]);
  });

  it('serves every configuration that it knows the fields of', async () => {
    const rollout = await system.deploy('known', 'crash');
    const run = await system.finished(await system.measure(rollout, { observation: { waitSeconds: 30 } }));
    expect(measurementOf(run).phase, measurementOf(run).message).to.equal('Failed');
  });
});
