import { expect } from 'chai';
import { type ResolvedConfig, readConfig } from '../../../plugin/config/read-config.ts';
import { PLUGIN_NAMES } from '../../lab/system.ts';
import { documentsOf, type Fields, isFields, listOf, type Manifest, manifests } from './manifests.ts';

const KIT = 'examples/progressive-delivery/';
const METRIC_AI = 'examples/metric-ai/';

/** A metric of a template with `{{args.NAME}}` resolved as Argo Rollouts does, `shop` where an argument has no value. */
function metricsOf({ path, name, fields }: Manifest): Fields[] {
  const spec = fields['spec'] as Fields;
  const values = new Map(listOf(spec['args']).map((one) => [`${one['name']}`, `${one['value'] ?? 'shop'}`]));
  return listOf(spec['metrics']).map((metric) =>
    JSON.parse(
      JSON.stringify(metric).replaceAll(/\{\{args\.([\w-]+)\}\}/g, (_, argument: string) => {
        const value = values.get(argument);
        if (value === undefined) throw new Error(`${path} ${name}: no argument ${argument}`);
        return value;
      }),
    ),
  );
}

function providerOf(metric: Fields): readonly [string, Fields] {
  const [[kind, provider] = ['', {}]] = Object.entries(metric['provider'] as Fields);
  return [kind, provider as Fields];
}

function readByPlugin(config: unknown): ResolvedConfig {
  const context = { namespace: 'shop', controllerNamespace: 'argo-rollouts' };
  return readConfig(new TextEncoder().encode(JSON.stringify(config)), context);
}

describe('the AnalysisTemplates of the examples', () => {
  let templates: Manifest[];
  before(() => {
    templates = manifests().filter(({ kind }) => kind === 'AnalysisTemplate');
  });

  it('name no argument that they do not ask for, and no metric twice', () => {
    expect(templates).to.have.lengthOf.above(10);
    for (const template of templates) {
      const names = metricsOf(template).map(({ name }) => name);
      expect(new Set(names).size, `${template.path} ${template.name}`).to.equal(names.length);
      expect(names, `${template.path} ${template.name}`).not.to.be.empty;
    }
  });

  it('have configurations that the plugin reads without a warning', () => {
    const read = templates.flatMap((template) =>
      metricsOf(template)
        .map(providerOf)
        .filter(([kind]) => kind === 'plugin')
        .map(([, plugin]) => {
          expect(Object.keys(plugin), template.name).to.deep.equal([PLUGIN_NAMES[0]]);
          const { warnings } = readByPlugin(plugin[PLUGIN_NAMES[0] ?? '']);
          return { template: `${template.path} ${template.name}`, warnings };
        }),
    );
    expect(read).to.have.lengthOf.above(10);
    expect(read.filter(({ warnings }) => warnings.length > 0)).to.deep.equal([]);
  });

  it('show each dialect of the older plugins, and none', () => {
    const dialects = templates
      .filter(({ path }) => path.startsWith(METRIC_AI))
      .flatMap(metricsOf)
      .map((metric) => readByPlugin((providerOf(metric)[1] as Fields)[PLUGIN_NAMES[0] ?? '']).dialect);
    expect(dialects).to.have.members(['v0', 'v0', 'v1', 'default']);
  });

  it('are reached by the entry that the install writes', () => {
    const [shown] = documentsOf(`${METRIC_AI}argo-rollouts-config.yaml`);
    const [installed] = documentsOf('kustomize/components/argo-rollouts-plugin/config-map.yaml');
    expect(shown?.name).to.equal(installed?.name);
    expect(shown?.fields['data']).to.deep.equal(installed?.fields['data']);
  });

  describe('of the progressive-delivery kit', () => {
    const base = (): Manifest[] => templates.filter(({ path }) => path.startsWith(`${KIT}base/`));
    const THRESHOLDS: Readonly<Record<string, readonly [success: string, failure: string | undefined]>> = {
      'success-rate': ['result[0] > 0.95', 'result[0] < 0.90'],
      'latency-p95': ['result[0] < 2000', 'result[0] > 5000'],
      'workflow-failure-rate': ['result[0] < 0.05', 'result[0] > 0.10'],
      'cpu-usage': ['result[0] < 0.80', 'result[0] > 0.95'],
      'memory-usage': ['result[0] < 0.85', 'result[0] > 0.95'],
      'error-budget': ['result[0] >= 0.99', 'result[0] < 0.95'],
      'automation-success-rate': ['result[0] > 0.98', 'result[0] < 0.95'],
      'custom-metric': ['result[0] >= 0.99', 'result[0] < 0.99'],
      'health-check': ['result == "1"', undefined],
    };

    it('succeed and fail at their thresholds', () => {
      const conditions = base()
        .filter(({ name }) => name !== 'canary-analysis')
        .map((template) => {
          const [metric = {}] = metricsOf(template);
          expect(metric['name']).to.equal(template.name);
          return [template.name, [metric['successCondition'], metric['failureCondition']]];
        });
      expect(Object.fromEntries(conditions)).to.deep.equal(THRESHOLDS);
    });

    it('are asked at the steps of the two Rollouts, five times a minute apart', () => {
      const rollouts = manifests().filter(
        ({ path, kind }) => path.startsWith(`${KIT}base/`) && kind === 'Rollout',
      );
      const [canary, blueGreen] = ['ai-engine-api', 'ai-engine-workers'].map((wanted) => {
        const { spec } = rollouts.find(({ name }) => name === wanted)?.fields ?? {};
        return Object.values((spec as Fields)['strategy'] as Fields)[0] as Fields;
      });
      const named = (analysis: unknown): unknown[] =>
        listOf((analysis as Fields)['templates']).map(({ templateName }) => templateName);
      const steps = listOf(canary?.['steps']).map((step) => {
        const { setWeight, pause, analysis } = step as {
          setWeight?: number;
          pause?: Fields;
          analysis?: Fields;
        };
        return setWeight ?? (pause === undefined ? named(analysis) : pause['duration']);
      });
      const check = ['success-rate', 'latency-p95', 'workflow-failure-rate', 'canary-analysis'];
      expect(steps).to.deep.equal([20, '10m', check, 40, '5m', check, 60, '5m', 80, check, 100]);
      expect(blueGreen).to.include({ autoPromotionEnabled: false, scaleDownDelaySeconds: 600 });
      const pre = ['success-rate', 'cpu-usage', 'memory-usage', 'canary-analysis'];
      expect(named(blueGreen?.['prePromotionAnalysis'])).to.deep.equal(pre);
      const post = ['success-rate', 'error-budget', 'automation-success-rate', 'canary-analysis'];
      expect(named(blueGreen?.['postPromotionAnalysis'])).to.deep.equal(post);
      const prometheus = base()
        .flatMap(metricsOf)
        .filter((metric) => providerOf(metric)[0] === 'prometheus');
      for (const { name, ...metric } of prometheus)
        expect(metric, `${name}`).to.include({ interval: '1m', count: 5, failureLimit: 2 });
    });

    it('count a series of the service that is not there as 0, and are inconclusive without traffic', () => {
      const queries = base().flatMap((template) =>
        metricsOf(template)
          .map((metric) => ({ metric, asked: providerOf(metric) }))
          .filter(({ asked: [kind, { query }] }) => kind === 'prometheus' && `${query}`.includes('{service='))
          .map(({ metric, asked: [, { query }] }) => ({ metric, query: `${query}`.trim() })),
      );
      expect(queries).to.have.lengthOf(6);
      for (const { metric, query } of queries) {
        const bare = query.replaceAll(/\(sum\(rate\(\w+\{[^}]*\}\[\d+m\]\)\) or vector\(0\)\)/g, '0');
        if (metric['name'] === 'latency-p95') expect(query).to.match(/\)\) or vector\(NaN\)$/);
        else expect(bare.replaceAll(/\s+/g, ' ')).to.be.oneOf(['0 / 0', '( 0 / 0 ) * ( 0 / 0 )']);
        expect(metric['inconclusiveLimit'], `${metric['name']}`).to.equal(2);
        expect(metric['failureCondition'], `${metric['name']}`).to.match(/^result\[0\] [<>] /);
      }
    });

    it('each stand together with the comparison of the logs in one template', () => {
      const known = new Map(base().map((template) => [template.name, template]));
      const joined = templates.filter(({ path }) => path.startsWith(`${KIT}with-logs/`));
      expect(joined.map(({ name }) => name)).to.have.members(
        Object.keys(THRESHOLDS).map((name) => `${name}-with-logs`),
      );
      for (const template of joined) {
        const spec = template.fields['spec'] as Fields;
        const [{ templateName } = {}] = listOf(spec['templates']);
        expect(`${templateName}-with-logs`).to.equal(template.name);
        expect(metricsOf(template).map((metric) => providerOf(metric)[0])).to.deep.equal(['plugin']);
        expect(metricsOf(template).map(({ name }) => name)).to.deep.equal([
          `canary-analysis-${templateName}`,
        ]);
        const { spec: single } = known.get(`${templateName}`)?.fields ?? {};
        const wanted = listOf((single as Fields)['args'])
          .filter(({ value }) => value === undefined)
          .map(({ name }) => name);
        expect(listOf(spec['args']).map(({ name }) => name)).to.deep.equal(wanted);
      }
    });

    it('get every argument that they need from the Rollouts', () => {
      const known = new Map(base().map((template) => [template.name, template.fields['spec'] as Fields]));
      const analyses = manifests()
        .filter(({ path, kind }) => path.startsWith(`${KIT}base/`) && kind === 'Rollout')
        .flatMap(({ fields }) => analysesIn(fields));
      expect(analyses).to.have.lengthOf(5);
      for (const { templates: named, args } of analyses) {
        const given = listOf(args).map(({ name }) => name);
        const needed = listOf(named)
          .flatMap(({ templateName }) => listOf(known.get(`${templateName}`)?.['args']))
          .filter(({ value }) => value === undefined)
          .map(({ name }) => name);
        expect(given).to.have.members([...new Set(needed)]);
      }
    });
  });
});

/** Every place of a Rollout that names templates. */
function analysesIn(value: unknown): Fields[] {
  if (Array.isArray(value)) return value.flatMap(analysesIn);
  if (!isFields(value)) return [];
  const own = listOf(value['templates']).some((one) => one['templateName'] !== undefined) ? [value] : [];
  return [...own, ...Object.values(value).flatMap(analysesIn)];
}
