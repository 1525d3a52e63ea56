import { expect } from 'chai';
import type { ReplicaSetObject } from '../../../../operator/evidence/objects.ts';
import { checkSides, type SideObjects, selectSide } from '../../../../operator/evidence/side-pods.ts';
import type { PodScope } from '../../../../operator/evidence/subjects.ts';
import type { PodObject } from '../../../../operator/pods/pod-object.ts';

const HASH = 'rollouts-pod-template-hash';

function replicaSet(uid: string, owner: string, hash: string, template?: string): ReplicaSetObject {
  return {
    metadata: {
      name: uid,
      uid,
      labels: { [HASH]: hash },
      ...(template === undefined
        ? {}
        : { annotations: { 'experiment.argoproj.io/template-name': template } }),
      ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: owner }],
    },
  };
}

function pod(name: string, owner: string, labels: Record<string, string> = {}): PodObject {
  const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true };
  return { metadata: { name, uid: name, labels, ownerReferences: [reference] } };
}

const names = (side: SideObjects): string[] => side.pods.map(({ metadata }) => metadata.name);
const empty: SideObjects = { replicaSets: [], pods: [], leftOut: 0 };

describe('the pods of a side', () => {
  it('belong to a ReplicaSet of that Rollout: the same hash of another one does not count', () => {
    const scope: PodScope = { kind: 'revision', owner: 'mine', hash: 'h2' };
    const sets = [replicaSet('a', 'mine', 'h2'), replicaSet('b', 'another', 'h2')];
    const side = selectSide(scope, sets, [pod('p2', 'a'), pod('p1', 'a'), pod('p3', 'b')]);
    expect(names(side)).to.deep.equal(['p1', 'p2']);
    expect(side.replicaSets).to.have.lengthOf(1);
  });

  it('are narrowed by a given selector, and those left out are counted', () => {
    const scope: PodScope = { kind: 'revision', owner: 'mine', hash: 'h2', selector: 'role=canary' };
    const pods = [pod('p1', 'a', { role: 'canary' }), pod('p2', 'a', { role: 'preview' })];
    const side = selectSide(scope, [replicaSet('a', 'mine', 'h2')], pods);
    expect(names(side)).to.deep.equal(['p1']);
    expect(side.leftOut).to.equal(1);
  });

  it("are found by template name in an Experiment, whose pods' hashes are their own", () => {
    const scope: PodScope = { kind: 'templates', owner: 'experiment', templates: ['cand'] };
    const sets = [
      replicaSet('a', 'experiment', 'x1', 'baseline'),
      replicaSet('b', 'experiment', 'x2', 'cand'),
    ];
    expect(names(selectSide(scope, sets, [pod('p1', 'a'), pod('p2', 'b')]))).to.deep.equal(['p2']);
  });
});

describe('both sides together', () => {
  const canary: PodScope = { kind: 'revision', owner: 'mine', hash: 'h2', selector: 'role=canary' };
  const stable: PodScope = { kind: 'revision', owner: 'mine', hash: 'h1' };
  const one = { ...empty, pods: [pod('p1', 'a')] };

  it('may be empty for want of pods: they may come later', () => {
    expect(() => checkSides({ stable, canary }, { stable: empty, canary: empty })).not.to.throw();
  });

  it('are refused when a given selector leaves nothing of a revision that has pods', () => {
    const sides = { stable: one, canary: { ...empty, leftOut: 2 } };
    expect(() => checkSides({ stable, canary }, sides))
      .to.throw('none of the 2 pods of the canary revision')
      .with.property('code', 'SELECTOR_EMPTY');
  });

  it('are refused when a selector that stands alone finds nothing', () => {
    const alone: PodScope = { kind: 'selector', selector: 'v=2' };
    expect(() => checkSides({ stable, canary: alone }, { stable: one, canary: empty }))
      .to.throw('"v=2"')
      .with.property('code', 'SELECTOR_EMPTY');
  });

  it('are refused when they are the same pods, or share one', () => {
    const scope: PodScope = { kind: 'selector', selector: 'app=web' };
    const scopes = { stable: scope, canary: scope };
    expect(() => checkSides(scopes, { stable: one, canary: one }))
      .to.throw()
      .with.property('code', 'SAME_REVISION');
    const two = { ...empty, pods: [...one.pods, pod('p2', 'a')] };
    expect(() => checkSides(scopes, { stable: two, canary: one }))
      .to.throw('pod p1')
      .with.property('code', 'SUBJECT_UNRESOLVED');
  });
});
