import { expect } from 'chai';
import type { CanaryAnalysisSpec } from '../../../../crds/v1alpha1/spec.ts';
import type {
  AnalysisRunObject,
  ExperimentObject,
  RolloutObject,
} from '../../../../operator/evidence/objects.ts';
import { resolveSubject } from '../../../../operator/evidence/subjects.ts';

const HASH = 'rollouts-pod-template-hash';

function rollout(status: RolloutObject['status']): RolloutObject {
  return {
    metadata: { name: 'web', namespace: 'shop', uid: 'rollout-uid' },
    ...(status === undefined ? {} : { status }),
  };
}

function run(labels: Record<string, string> = {}): AnalysisRunObject {
  return { metadata: { name: 'web-h2-2-1', namespace: 'shop', uid: 'run-uid', labels } };
}

const MEASUREMENT = { analysisRun: 'web-h2-2-1', analysisRunUID: 'run-uid', metric: 'ai', ordinal: 1 };
const measured = (more: Partial<CanaryAnalysisSpec> = {}, hash = 'h2'): CanaryAnalysisSpec => ({
  measurement: { ...MEASUREMENT, podTemplateHash: hash },
  ...more,
});
const CANARY_STEP = rollout({ stableRS: 'h1', currentPodHash: 'h2', selector: 'app=web' });

describe('which pods are stable and which are canary', () => {
  it("takes the AnalysisRun's hash as canary and the Rollout's stableRS as baseline", () => {
    const subject = resolveSubject({
      spec: measured(),
      analysisRun: run({ [HASH]: 'h2' }),
      rollout: CANARY_STEP,
    });
    expect(subject).to.deep.equal({
      rollout: { name: 'web', uid: 'rollout-uid', selector: 'app=web' },
      stableHash: 'h1',
      canaryHash: 'h2',
      stable: { kind: 'revision', owner: 'rollout-uid', hash: 'h1' },
      canary: { kind: 'revision', owner: 'rollout-uid', hash: 'h2' },
    });
  });

  it('does so in blue-green post-promotion, where the canary is already active', () => {
    const blueGreen = rollout({ stableRS: 'h1', currentPodHash: 'h2' });
    expect(resolveSubject({ spec: measured(), rollout: blueGreen })).to.include({
      stableHash: 'h1',
      canaryHash: 'h2',
    });
  });

  it("takes the Rollout's current revision where a person asked by rolloutRef", () => {
    const subject = resolveSubject({ spec: { rolloutRef: { name: 'web' } }, rollout: CANARY_STEP });
    expect(subject).to.include({ stableHash: 'h1', canaryHash: 'h2' });
  });

  it('keeps hashes that were resolved before, also when the rollout has completed', () => {
    const completed = rollout({ stableRS: 'h2', currentPodHash: 'h2' });
    const resolved = { stableHash: 'h1', canaryHash: 'h2' };
    expect(resolveSubject({ spec: measured(), rollout: completed, resolved })).to.include(resolved);
  });

  it('lets given selectors narrow the revisions', () => {
    const spec = measured({ stable: { selector: 'role=stable' }, canary: { selector: 'role=canary' } });
    const subject = resolveSubject({ spec, rollout: CANARY_STEP });
    expect(subject.stable).to.include({ kind: 'revision', hash: 'h1', selector: 'role=stable' });
    expect(subject.canary).to.include({ kind: 'revision', hash: 'h2', selector: 'role=canary' });
  });

  const refusals: readonly [name: string, code: string, facts: Parameters<typeof resolveSubject>[0]][] = [
    [
      'a Rollout that went on to a third revision',
      'SUPERSEDED',
      { spec: measured(), rollout: rollout({ stableRS: 'h1', currentPodHash: 'h3' }) },
    ],
    [
      'a Rollout that was set back to its stable revision',
      'SUPERSEDED',
      { spec: measured(), rollout: rollout({ stableRS: 'h1', currentPodHash: 'h1' }) },
    ],
    [
      'a first deployment',
      'SAME_REVISION',
      { spec: measured({}, 'h1'), rollout: rollout({ stableRS: 'h1', currentPodHash: 'h1' }) },
    ],
    ['a Rollout without status', 'SUBJECT_UNRESOLVED', { spec: measured(), rollout: rollout(undefined) }],
    ['a run without owner and selectors', 'SUBJECT_UNRESOLVED', { spec: { measurement: MEASUREMENT } }],
    [
      'a run without owner and with one selector only',
      'SUBJECT_UNRESOLVED',
      { spec: { measurement: MEASUREMENT, canary: { selector: 'role=canary' } } },
    ],
    [
      'a selector that does not parse',
      'SELECTOR_INVALID',
      { spec: measured({ canary: { selector: 'role in canary' } }), rollout: CANARY_STEP },
    ],
  ];
  for (const [name, code, facts] of refusals) {
    it(`refuses ${name}`, () => {
      expect(() => resolveSubject(facts))
        .to.throw()
        .with.property('code', code);
    });
  }

  it('lets selectors stand alone where no Rollout is known', () => {
    const spec = { stable: { selector: 'v=1' }, canary: { selector: 'v=2' } };
    expect(resolveSubject({ spec })).to.deep.equal({
      stable: { kind: 'selector', selector: 'v=1' },
      canary: { kind: 'selector', selector: 'v=2' },
    });
  });

  describe('in an Experiment', () => {
    const template = (name: string, hash?: string) => ({
      name,
      ...(hash === undefined ? {} : { selector: { matchLabels: { app: 'web', [HASH]: hash } } }),
    });
    const experiment = (templates: NonNullable<ExperimentObject['spec']>['templates']): ExperimentObject => ({
      metadata: { name: 'web-h2-2-1', namespace: 'shop', uid: 'experiment-uid', labels: { [HASH]: 'h2' } },
      ...(templates === undefined ? {} : { spec: { templates } }),
    });
    const spec: CanaryAnalysisSpec = { measurement: MEASUREMENT };

    it('tells the sides by the hash in the selectors of its templates', () => {
      const subject = resolveSubject({
        spec,
        rollout: CANARY_STEP,
        experiment: experiment([template('baseline', 'h1'), template('cand', 'h2')]),
      });
      expect(subject.stable).to.deep.equal({
        kind: 'templates',
        owner: 'experiment-uid',
        templates: ['baseline'],
      });
      expect(subject.canary).to.deep.equal({
        kind: 'templates',
        owner: 'experiment-uid',
        templates: ['cand'],
      });
    });

    it("compares with the Rollout's own stable pods when it has no baseline template", () => {
      const only = experiment([template('cand', 'h2')]);
      const subject = resolveSubject({ spec, rollout: CANARY_STEP, experiment: only });
      expect(subject.stable).to.deep.equal({ kind: 'revision', owner: 'rollout-uid', hash: 'h1' });
    });

    it('is refused when no template is the canary', () => {
      const neither = experiment([template('purple'), template('orange')]);
      expect(() => resolveSubject({ spec, rollout: CANARY_STEP, experiment: neither }))
        .to.throw('specRef')
        .with.property('code', 'SUBJECT_UNRESOLVED');
    });
  });
});
