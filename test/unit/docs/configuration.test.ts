import { join } from 'node:path';
import { expect } from 'chai';
import { Project } from 'ts-morph';
import { parseAllDocuments } from 'yaml';
import type { JsonSchema } from '../../../crds/generate/json-schema.ts';
import { schemaOfInterface } from '../../../crds/generate/schema-of-type.ts';
import { settingsOf } from '../../../operator/analysis/settings.ts';
import { loadConfig, parseConfig, parseFlags } from '../../../operator/config/index.ts';
import { FIELDS } from '../../../plugin/config/fields.ts';
import { type ResolvedConfig, readConfig } from '../../../plugin/config/read-config.ts';
import { type Block, blocksOf, codeWords, PAGES, proseOf, ROOT, read, tableRows } from './markdown.ts';

const PLUGIN = 'docs/plugin-configuration.md';
const OPERATOR = 'docs/operator-configuration.md';
const SPEC_TYPES = join(ROOT, 'crds/v1alpha1/spec.ts');

/** A place in a schema that holds a value, `reviewers[].gemini.model`. */
interface Leaf {
  readonly path: string;
  readonly schema: JsonSchema;
}

function leavesOf(schema: JsonSchema, path = ''): Leaf[] {
  if (schema.type === 'array' && schema.items !== undefined) {
    const below = leavesOf(schema.items, `${path}[]`);
    return below.length === 1 && below[0]?.path === `${path}[]` ? [{ path, schema }] : below;
  }
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return [{ path, schema }];
  return fields.flatMap(([name, field]) => leavesOf(field, path === '' ? name : `${path}.${name}`));
}

/** `10–600`; empty for what is no number. */
function rangeOf({ minimum, maximum }: JsonSchema): string {
  return minimum === undefined ? '' : `${minimum}–${maximum}`;
}

/** Asserts that the tables of a page name every leaf once, with its range, and nothing else. */
function expectRows(page: string, head: string, leaves: readonly Leaf[]): void {
  const rows = tableRows(page, head).filter((cells) => cells.length === 4);
  const documented = rows.map(([cell = '', range]) => [codeWords(cell)[0], range] as const);
  expect(documented).to.have.deep.members(leaves.map(({ path, schema }) => [path, rangeOf(schema)]));
}

interface Template {
  readonly kind?: string;
  readonly spec?: {
    readonly args?: readonly { name: string; value?: string }[];
    readonly metrics?: readonly { provider: { plugin: Readonly<Record<string, unknown>> } }[];
  };
}

/** The plugin's configurations in the AnalysisTemplates of a block, arguments resolved as Argo Rollouts does. */
function configsIn({ text }: Block): unknown[] {
  return parseAllDocuments(text).flatMap((document) => {
    const { kind, spec } = document.toJS() as Template;
    if (kind !== 'AnalysisTemplate') return [];
    const values = new Map((spec?.args ?? []).map(({ name, value }) => [name, value ?? 'shop']));
    return (spec?.metrics ?? []).map(({ provider }) => {
      expect(Object.keys(provider.plugin)).to.deep.equal(['argoproj-labs/metric-ai']);
      const raw = JSON.stringify(provider.plugin['argoproj-labs/metric-ai']);
      return JSON.parse(
        raw.replaceAll(/\{\{args\.([\w-]+)\}\}/g, (_, name: string) => values.get(name) ?? ''),
      );
    });
  });
}

function readByPlugin(config: unknown): ResolvedConfig {
  const context = { namespace: 'shop', controllerNamespace: 'argo-rollouts' };
  return readConfig(new TextEncoder().encode(JSON.stringify(config)), context);
}

describe('the documented configuration', () => {
  let project: Project;
  let spec: JsonSchema;
  let operator: JsonSchema;
  before(() => {
    project = new Project({
      tsConfigFilePath: join(ROOT, 'tsconfig.json'),
      skipAddingFilesFromTsConfig: true,
    });
    project.addSourceFilesAtPaths([join(ROOT, 'crds/**/*.ts'), join(ROOT, 'operator/config/**/*.ts')]);
    spec = schemaOfInterface(project, SPEC_TYPES, 'CanaryAnalysisSpec');
    operator = schemaOfInterface(project, join(ROOT, 'operator/config/types.ts'), 'OperatorConfig');
  });

  describe('of the plugin', () => {
    it('names every field of the older dialects, and no other', () => {
      const documented = tableRows(PLUGIN, 'field').filter((cells) => cells.length === 2);
      const { v0, v1, common } = FIELDS;
      expect(documented.map(([cell = '']) => codeWords(cell)[0])).to.have.members(
        Object.keys({ ...v0, ...v1, ...common }),
      );
    });

    it('names every field of the Chaos Mesh plugin as refused', () => {
      const section = proseOf(PLUGIN).split('## Chaos experiments: not yet')[1]?.split('\n## ')[0] ?? '';
      expect(codeWords(section)).to.have.members(Object.keys(FIELDS.chaos));
    });

    it('names every native field with its range, and no other', () => {
      const native = Object.entries(spec.properties ?? {}).filter(([name]) =>
        Object.hasOwn(FIELDS.native, name),
      );
      expect(native).to.have.length(Object.keys(FIELDS.native).length);
      expectRows(PLUGIN, 'field', leavesOf({ type: 'object', properties: Object.fromEntries(native) }));
    });

    it('gives the defaults that take effect', () => {
      const settings = settingsOf({ gitHub: { url: 'https://github.com/acme/shop' } }, {});
      const { limits, policy } = settings;
      const effective: Record<string, string> = {
        'observation.lookbackSeconds': `${settings.lookbackMs / 1000}`,
        'observation.waitSeconds': `${settings.waitMs / 1000}`,
        'observation.minPower': `${settings.minPower}`,
        'evidence.maxBytesPerContainer': `${limits.maxBytesPerContainer}`,
        'evidence.maxPods': `${limits.maxPods}`,
        'evidence.maxContainers': `${limits.maxContainers}`,
        'evidence.maxTemplates': `${settings.maxTemplates}`,
        ...Object.fromEntries(Object.entries(policy).map(([name, value]) => [`policy.${name}`, `${value}`])),
        timeoutSeconds: `${settings.timeoutMs / 1000}`,
        ttlSecondsAfterFinished: `${settings.ttlMs / 1000}`,
        'gitHub.issue': settings.gitHub?.issue ?? '',
      };
      const rows = [
        ...tableRows(PLUGIN, 'field'),
        ...tableRows(OPERATOR, 'key').map(([key = '', ...rest]) => [key.replace('`defaults.', '`'), ...rest]),
      ];
      for (const [path, value] of Object.entries(effective)) {
        const given = rows
          .filter(([cell]) => cell === `\`${path}\``)
          .map((row) => row[2]?.replaceAll('`', ''));
        expect(given, path).not.to.be.empty;
        expect(new Set(given), path).to.deep.equal(new Set([value]));
      }
    });

    it('has AnalysisTemplates that the plugin reads without a warning, one of each dialect', () => {
      const configs = PAGES.flatMap(blocksOf)
        .filter(({ language, text }) => language === 'yaml' && text.includes('kind: AnalysisTemplate'))
        .flatMap(configsIn);
      const resolved = configs.map(readByPlugin);
      expect(resolved.flatMap(({ warnings }) => warnings)).to.deep.equal([]);
      expect(resolved.map(({ dialect }) => dialect)).to.include.members(['default', 'v0', 'v1', 'native']);
    });

    it('has the dialects and the documented refusals right', () => {
      const refusal = (config: unknown): string => {
        try {
          return readByPlugin(config).dialect;
        } catch (error) {
          return (error as Error).message;
        }
      };
      expect(refusal({ githubUrl: 'https://github.com/acme/shop' })).to.equal('default');
      expect(refusal({ chaosExperimentCRD: 'kind: PodChaos' })).to.include('not yet supported');
      expect(refusal({ stableLabel: 'role=stable' })).to.include(
        'agentUrl is required in plugin configuration',
      );
      expect(refusal({ agentUrl: '' })).to.include('agentUrl is required in plugin configuration');
      expect(refusal({ agentUrl: 'http://agent', model: 'm' }))
        .to.include('metric-ai v0')
        .and.include('metric-ai v1');
      expect(refusal({ timeoutSecond: 5 })).to.include('did you mean "timeoutSeconds"');
    });
  });

  describe('of the operator', () => {
    it('names every key with its range, and no other', () => {
      expectRows(OPERATOR, 'key', leavesOf(operator));
    });

    it('has a complete file that the operator reads, with every key that has an effect', () => {
      const [block] = blocksOf(OPERATOR).filter(({ text }) => text.startsWith('# operator configuration'));
      const config = parseConfig(block?.text ?? '[', OPERATOR);
      const given = new Set(leafPaths(config));
      const missing = leavesOf(operator)
        .map(({ path }) => path)
        .filter((path) => !given.has(path));
      const notYet = tableRows(OPERATOR, 'key').filter((cells) => cells[3]?.includes('**not yet**'));
      const left = [
        ...notYet.map(([cell = '']) => codeWords(cell)[0]),
        'reviewers.default[].gemini.model',
        'reviewers.default[].a2a.url',
        'credentials[].env',
      ];
      expect(missing).to.have.members(left);
    });

    it('needs no file, as the page says', async () => {
      const { config } = await loadConfig(parseFlags([]), {}, () => Promise.reject(new Error('no file')));
      expect(read(OPERATOR)).to.include(`\`${config.reviewers?.a2a?.url}\``);
    });

    it('has a config.yaml in the install that the operator reads', () => {
      expect(parseConfig(read('kustomize/base/config.yaml'), 'config.yaml').health?.port).to.equal(8081);
    });
  });

  it('has no block of YAML or JSON that does not parse', () => {
    const blocks = PAGES.flatMap(blocksOf).filter(
      ({ language }) => language === 'yaml' || language === 'json',
    );
    expect(blocks.length).to.be.greaterThan(8);
    for (const { page, line, text } of blocks) {
      const errors = parseAllDocuments(text).flatMap((document) => document.errors);
      expect(errors, `${page}:${line}`).to.deep.equal([]);
    }
  });
});

function leafPaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'string')
      ? [path]
      : value.flatMap((item) => leafPaths(item, `${path}[]`));
  }
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, field]) =>
    leafPaths(field, path === '' ? name : `${path}.${name}`),
  );
}
