import { expect } from 'chai';
import type { AnalysisRun, Metric, OwnerReference } from '../../../../plugin/goplugin/metric-provider.ts';
import { misplacedKeys } from '../../../../plugin/provider/environment.ts';
import { refOf, subjectOf } from '../../../../plugin/provider/subject.ts';
import { PLUGIN } from '../lab.ts';

const METRIC: Metric = { Name: 'ai', Provider: { Plugin: new Map([[PLUGIN, new Uint8Array()]]) } };

function run(owner?: OwnerReference, rest: Partial<AnalysisRun> = {}): AnalysisRun {
  return {
    ObjectMeta: {
      Name: 'web-6ff4cd9669-3-1',
      Namespace: 'shop',
      UID: 'u1',
      Labels: new Map([['rollouts-pod-template-hash', '6ff4cd9669']]),
      ...(owner === undefined ? {} : { OwnerReferences: [owner] }),
    },
    ...rest,
  };
}

describe('what a call is about', () => {
  it('is read from the AnalysisRun: the revision from its label, the Rollout from its controller', () => {
    const owner = { APIVersion: 'argoproj.io/v1alpha1', Kind: 'Rollout', Name: 'web', Controller: true };
    expect(subjectOf(run(owner), METRIC)).to.deep.equal({
      pluginName: PLUGIN,
      namespace: 'shop',
      analysisRun: 'web-6ff4cd9669-3-1',
      analysisRunUID: 'u1',
      metric: 'ai',
      ordinal: 1,
      podTemplateHash: '6ff4cd9669',
      rollout: 'web',
    });
  });

  for (const owner of [
    undefined,
    { APIVersion: 'argoproj.io/v1alpha1', Kind: 'Experiment', Name: 'exp', Controller: true },
    { APIVersion: 'argoproj.io/v1alpha1', Kind: 'Rollout', Name: 'web', Controller: false },
    { APIVersion: 'example.com/v1', Kind: 'Rollout', Name: 'web', Controller: true },
  ]) {
    it(`names no Rollout for the owner ${JSON.stringify(owner ?? 'nobody')}`, () => {
      expect(subjectOf(run(owner), METRIC)).not.to.have.property('rollout');
    });
  }

  it('counts the measurement after those that ended, errors included', () => {
    const MetricResults = [
      { Name: 'other', Count: 9 },
      { Name: 'ai', Count: 2, Error: 3 },
    ];
    expect(subjectOf(run(undefined, { Status: { MetricResults } }), METRIC).ordinal).to.equal(6);
    expect(
      subjectOf(run(undefined, { Status: { MetricResults: [{ Name: 'ai', Error: 1 }] } }), METRIC).ordinal,
    ).to.equal(2);
  });

  it('is refused without a name or a UID, and for a metric of no or of two plugins', () => {
    expect(() => subjectOf({}, METRIC)).to.throw(/without name, namespace or UID/);
    expect(() => subjectOf(run(), { Name: 'ai' })).to.throw(/exactly one plugin/);
    const two = new Map([
      ['a/b', new Uint8Array()],
      ['a/c', new Uint8Array()],
    ]);
    expect(() => subjectOf(run(), { Name: 'ai', Provider: { Plugin: two } })).to.throw(/exactly one plugin/);
  });

  it('finds its analysis by the metadata, and only in its own namespace', () => {
    const subject = subjectOf(run(), METRIC);
    const at = (key: string) =>
      refOf(subject, { phase: 'Running', metadata: new Map([['canaryAnalysis', key]]) });
    expect(at('shop/web-1')).to.deep.equal({ pluginName: PLUGIN, namespace: 'shop', name: 'web-1' });
    for (const key of ['', 'web-1', 'other/web-1', 'shop/']) expect(at(key)).to.equal(undefined);
    expect(refOf(subject, { phase: 'Running' })).to.equal(undefined);
  });
});

describe('the environment of the plugin', () => {
  it('names what belongs to the operator, never a value', () => {
    const env = {
      PATH: '/bin',
      LOG_LEVEL: 'debug',
      GITHUB_TOKEN: 'x',
      GOOGLE_API_KEY: 'x',
      OPENAI_API_KEY: 'x',
      OPENAI_BASE_URL: 'x',
      OPENAI_MODEL: 'x',
      AUTO_PR_ENABLED: 'true',
      K8S_AGENT_URL: 'http://a',
    };
    expect(misplacedKeys(env)).to.deep.equal([
      'AUTO_PR_ENABLED',
      'GITHUB_TOKEN',
      'GOOGLE_API_KEY',
      'K8S_AGENT_URL',
      'OPENAI_API_KEY',
      'OPENAI_BASE_URL',
      'OPENAI_MODEL',
    ]);
  });
});
