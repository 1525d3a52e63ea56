import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { generatedFiles } from '../../../../crds/generate/outputs.ts';
import { validateSpec } from '../../../../crds/generated/validators.js';

const root = join(import.meta.dirname, '../../../..');

describe('what is generated from the types', () => {
  let files: Map<string, string>;

  before(async () => {
    files = await generatedFiles(root);
  });

  it('is committed as it would be generated now', async () => {
    for (const [path, content] of files) {
      const committed = await readFile(join(root, path), 'utf8');
      expect(committed === content, `${path} is stale: run \`make generate\``).to.equal(true);
    }
  });

  it('bounds every string, list and number, documents every field and uses no float and no default', () => {
    const definition = parse(files.get('crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml') ?? '');
    const schema = definition.spec.versions[0].schema.openAPIV3Schema;
    const faults: string[] = [];
    walk(schema.properties.spec, 'spec', faults);
    walk(schema.properties.status, 'status', faults);
    expect(faults).to.deep.equal([]);
  });

  it('has one rule that names every immutable field of the spec', () => {
    const definition = parse(files.get('crds/metric-ai.argoproj-labs.io_canaryanalyses.yaml') ?? '');
    const { spec } = definition.spec.versions[0].schema.openAPIV3Schema.properties;
    const [immutable, oneWay] = spec['x-kubernetes-validations'];
    const mutable = new Set(['cancelled', 'ttlSecondsAfterFinished']);
    for (const field of Object.keys(spec.properties)) {
      expect(immutable.rule.includes(`self.${field} `), field).to.equal(!mutable.has(field));
    }
    expect(oneWay.rule).to.contain('oldSelf.cancelled');
  });
});

describe('the generated validator of a spec', () => {
  it('accepts an empty spec and a full one', () => {
    expect(validateSpec({})).to.equal(true);
    expect(
      validateSpec({
        rolloutRef: { name: 'web' },
        canary: { selector: 'role=canary' },
        reviewers: [{ gemini: { model: 'gemini-2.0-flash-exp' }, timeoutSeconds: 30 }],
        policy: { onSuspicion: 'Abort', minConfidence: 60 },
        gitHub: { url: 'https://github.com/acme/shop' },
      }),
    ).to.equal(true);
  });

  const refused: [string, unknown, string][] = [
    ['an unknown field', { rollout: 'web' }, 'additionalProperties'],
    ['a number beyond its bound', { timeoutSeconds: 100_000 }, 'maximum'],
    ['a fraction', { timeoutSeconds: 10.5 }, 'type'],
    ['a number written as a string', { timeoutSeconds: '60' }, 'type'],
    ['two kinds in one reviewer', { reviewers: [{ gemini: {}, a2a: {} }] }, 'oneOf'],
    ['a reviewer of no kind', { reviewers: [{ timeoutSeconds: 5 }] }, 'oneOf'],
    ['a URL with user info', { gitHub: { url: 'https://me:secret@github.com/a/b' } }, 'pattern'],
    ['a policy that would promote', { policy: { onSuspicion: 'Promote' } }, 'enum'],
    ['a string longer than its bound', { extraPrompt: 'x'.repeat(8193) }, 'maxLength'],
  ];
  for (const [what, spec, keyword] of refused) {
    it(`refuses ${what}`, () => {
      expect(validateSpec(spec)).to.equal(false);
      expect(validateSpec.errors?.map((error) => error.keyword)).to.include(keyword);
    });
  }
});

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  maxLength?: number;
  maximum?: number;
  minimum?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
}

function walk(schema: Schema, path: string, faults: string[]): void {
  if (schema.description === undefined && !path.endsWith('[]')) faults.push(`${path} is not documented`);
  if (schema.default !== undefined) faults.push(`${path} has a default`);
  if (schema.type === 'number') faults.push(`${path} is a float`);
  const bounded =
    schema.enum ?? schema.format ?? schema.maxLength ?? (schema as { pattern?: string }).pattern;
  if (schema.type === 'string' && bounded === undefined) faults.push(`${path} is unbounded`);
  if (schema.type === 'integer' && (schema.maximum === undefined || schema.minimum === undefined)) {
    faults.push(`${path} is unbounded`);
  }
  if (schema.type === 'array' && schema.maxItems === undefined) faults.push(`${path} is unbounded`);
  if (schema.items !== undefined) walk(schema.items, `${path}[]`, faults);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walk(property, `${path}.${name}`, faults);
}
