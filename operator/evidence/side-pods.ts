import { CodedError } from '../../crds/errors.ts';
import type { Side } from '../model.ts';
import type { PodObject } from '../pods/pod-object.ts';
import { controllerOf, type ReplicaSetObject } from './objects.ts';
import { matches, parseSelector } from './selector.ts';
import type { PodScope } from './subjects.ts';

/** Argo Rollouts' annotation on an Experiment's ReplicaSets: which template they were made from. */
export const ANNOTATION_TEMPLATE_NAME = 'experiment.argoproj.io/template-name';

/** What belongs to one side at one moment. */
export interface SideObjects {
  readonly replicaSets: readonly ReplicaSetObject[];
  readonly pods: readonly PodObject[];
  /** Pods of the revision that the given selector leaves out. */
  readonly leftOut: number;
}

/**
 * The ReplicaSets and pods of a side among those of the namespace. Hashes depend on the template alone, so a ReplicaSet
 * counts only when it is owned by the Rollout or Experiment itself. Pods are in order of their names.
 */
export function selectSide(
  scope: PodScope,
  replicaSets: readonly ReplicaSetObject[],
  pods: readonly PodObject[],
): SideObjects {
  if (scope.kind === 'selector') {
    const selector = parseSelector(scope.selector);
    const mine = pods.filter((pod) => matches(selector, pod.metadata.labels));
    const owners = new Set(mine.map((pod) => controllerOf(pod, 'ReplicaSet')?.uid));
    return {
      replicaSets: replicaSets.filter((set) => owners.has(set.metadata.uid)),
      pods: byName(mine),
      leftOut: 0,
    };
  }
  const sets = replicaSets.filter((set) => belongs(scope, set));
  const owners = new Set(sets.map((set) => set.metadata.uid));
  const all = pods.filter((pod) => {
    const owner = controllerOf(pod, 'ReplicaSet');
    return owner !== undefined && owners.has(owner.uid);
  });
  const selector = parseSelector(scope.selector ?? '');
  const mine = all.filter((pod) => matches(selector, pod.metadata.labels));
  return { replicaSets: sets, pods: byName(mine), leftOut: all.length - mine.length };
}

function belongs(scope: Exclude<PodScope, { kind: 'selector' }>, set: ReplicaSetObject): boolean {
  const { labels, annotations, ownerReferences } = set.metadata;
  if (!(ownerReferences ?? []).some((owner) => owner.uid === scope.owner)) return false;
  if (scope.kind === 'revision') return labels?.['rollouts-pod-template-hash'] === scope.hash;
  return scope.templates.includes(annotations?.[ANNOTATION_TEMPLATE_NAME] ?? '');
}

/**
 * Refuses what no waiting for traffic repairs: a given selector that finds nothing where the revision has pods (a side
 * that is empty for want of pods may fill later), and a pod that is on both sides.
 * @throws CodedError `SELECTOR_EMPTY` (labels lag, so it may be tried again), `SAME_REVISION`, `SUBJECT_UNRESOLVED`.
 */
export function checkSides(
  scopes: Readonly<Record<Side, PodScope>>,
  sides: Readonly<Record<Side, SideObjects>>,
): void {
  for (const side of ['stable', 'canary'] as const) {
    const { pods, leftOut } = sides[side];
    const scope = scopes[side];
    if (pods.length > 0 || scope.selector === undefined) continue;
    if (scope.kind === 'selector') {
      throw new CodedError(
        'SELECTOR_EMPTY',
        `the ${side} selector ${JSON.stringify(scope.selector)} finds no pod in the namespace`,
      );
    }
    if (leftOut > 0) {
      throw new CodedError(
        'SELECTOR_EMPTY',
        `the ${side} selector ${JSON.stringify(scope.selector)} finds none of the ${leftOut} pods of the ${side} revision`,
      );
    }
  }
  const stable = new Set(sides.stable.pods.map((pod) => pod.metadata.uid));
  const both = sides.canary.pods.filter((pod) => stable.has(pod.metadata.uid));
  const [first] = both;
  if (first === undefined) return;
  if (both.length === sides.canary.pods.length && both.length === stable.size) {
    throw new CodedError(
      'SAME_REVISION',
      `both selectors find the same ${both.length} pods: there is nothing to compare`,
    );
  }
  throw new CodedError('SUBJECT_UNRESOLVED', `both selectors find pod ${first.metadata.name}`);
}

function byName(pods: readonly PodObject[]): PodObject[] {
  return pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
