import { CodedError } from '../../crds/errors.ts';
import { LABEL_POD_TEMPLATE_HASH } from '../../crds/v1alpha1/labels.ts';
import type { CanaryAnalysisSpec } from '../../crds/v1alpha1/spec.ts';
import {
  type AnalysisRunObject,
  controllerOf,
  type ExperimentObject,
  type RolloutObject,
} from './objects.ts';
import { parseSelector } from './selector.ts';

/** How the pods of one side are found. */
export type PodScope =
  /** The pods of the Rollout's ReplicaSets of one revision; `selector` narrows them. */
  | { readonly kind: 'revision'; readonly owner: string; readonly hash: string; readonly selector?: string }
  /** The pods of an Experiment's ReplicaSets for some of its templates; `selector` narrows them. */
  | {
      readonly kind: 'templates';
      readonly owner: string;
      readonly templates: readonly string[];
      readonly selector?: string;
    }
  /** Every pod of the namespace that the selector matches. */
  | { readonly kind: 'selector'; readonly selector: string };

/** What is compared with what. */
export interface Subject {
  readonly rollout?: { readonly name: string; readonly uid: string; readonly selector?: string };
  /** Absent where pods are told by selectors alone. */
  readonly stableHash?: string;
  readonly canaryHash?: string;
  readonly stable: PodScope;
  readonly canary: PodScope;
}

/** The objects that tell which pods to compare, as far as they exist. */
export interface SubjectFacts {
  readonly spec: CanaryAnalysisSpec;
  readonly analysisRun?: AnalysisRunObject;
  readonly experiment?: ExperimentObject;
  readonly rollout?: RolloutObject;
  /** Hashes resolved earlier: they stay, whatever the Rollout's status has become since. */
  readonly resolved?: { readonly stableHash?: string; readonly canaryHash?: string };
}

/**
 * Which pods are stable and which are canary.
 *
 * The canary is the revision that the AnalysisRun carries as its label, else that of its Experiment, else the Rollout's
 * current one; the baseline is the Rollout's `status.stableRS` when first resolved (also in blue-green
 * post-promotion, where the canary is already active and `stableRS` still names the old revision). An Experiment's
 * pods have hashes of their own: its templates' selectors carry the hash that tells the side. Given selectors narrow
 * what the hash finds and stand alone only where no hash is known.
 * @throws CodedError `SELECTOR_INVALID`, `SUBJECT_UNRESOLVED`, `SUPERSEDED`, `SAME_REVISION`.
 */
export function resolveSubject(facts: SubjectFacts): Subject {
  const stableSelector = given('stable', facts.spec.stable?.selector);
  const canarySelector = given('canary', facts.spec.canary?.selector);
  const { rollout, experiment } = facts;
  if (rollout === undefined) return bySelectors(facts, stableSelector, canarySelector);

  const { stableHash, canaryHash } = hashes(facts, rollout);
  const known = {
    rollout: {
      name: rollout.metadata.name,
      uid: rollout.metadata.uid ?? '',
      ...optional('selector', rollout.status?.selector),
    },
    stableHash,
    canaryHash,
  };
  const revision = (hash: string, selector: string | undefined): PodScope => ({
    kind: 'revision',
    owner: known.rollout.uid,
    hash,
    ...optional('selector', selector),
  });
  if (experiment === undefined) {
    return {
      ...known,
      stable: revision(stableHash, stableSelector),
      canary: revision(canaryHash, canarySelector),
    };
  }
  const templates = (hash: string, selector: string | undefined): PodScope | undefined => {
    const names = templatesOf(experiment, hash);
    if (names.length === 0) return undefined;
    const owner = experiment.metadata.uid ?? '';
    return { kind: 'templates', owner, templates: names, ...optional('selector', selector) };
  };
  const canary = templates(canaryHash, canarySelector) ?? standing(canarySelector);
  if (canary === undefined) {
    throw unresolved(
      `no template of Experiment ${experiment.metadata.name} has the canary's ${LABEL_POD_TEMPLATE_HASH} ` +
        `${canaryHash} in its selector: use specRef canary and stable, or give selectors for both sides`,
    );
  }
  const stable = templates(stableHash, stableSelector) ?? revision(stableHash, stableSelector);
  return { ...known, stable, canary };
}

function hashes(facts: SubjectFacts, rollout: RolloutObject): { stableHash: string; canaryHash: string } {
  const name = `Rollout ${rollout.metadata.name}`;
  const { stableRS, currentPodHash } = rollout.status ?? {};
  const stableHash = facts.resolved?.stableHash ?? stableRS;
  const canaryHash =
    facts.resolved?.canaryHash ??
    facts.spec.measurement?.podTemplateHash ??
    facts.analysisRun?.metadata.labels?.[LABEL_POD_TEMPLATE_HASH] ??
    facts.experiment?.metadata.labels?.[LABEL_POD_TEMPLATE_HASH] ??
    currentPodHash;
  if (!stableHash || !canaryHash || !currentPodHash) {
    throw unresolved(`${name} has no ${stableHash ? 'currentPodHash' : 'stableRS'} in its status yet`);
  }
  if (canaryHash !== currentPodHash) {
    throw new CodedError(
      'SUPERSEDED',
      `${name} has moved on from revision ${canaryHash} to ${currentPodHash}: nothing is left to decide`,
    );
  }
  if (canaryHash === stableHash) {
    throw new CodedError(
      'SAME_REVISION',
      `${name} has ${canaryHash} as its stable and as its current revision: there is nothing to compare`,
    );
  }
  return { stableHash, canaryHash };
}

function bySelectors(
  facts: SubjectFacts,
  stableSelector: string | undefined,
  canarySelector: string | undefined,
): Subject {
  const stable = standing(stableSelector);
  const canary = standing(canarySelector);
  if (stable !== undefined && canary !== undefined) return { stable, canary };
  const run = facts.spec.measurement?.analysisRun;
  const who = run === undefined ? 'the analysis' : `AnalysisRun ${run}`;
  throw unresolved(`${who} belongs to no Rollout: give rolloutRef, or selectors for both sides`);
}

/** The templates of an Experiment that were made from the revision with this hash. */
function templatesOf(experiment: ExperimentObject, hash: string): string[] {
  return (experiment.spec?.templates ?? [])
    .filter((template) => template.selector?.matchLabels?.[LABEL_POD_TEMPLATE_HASH] === hash)
    .map((template) => template.name);
}

/** The Rollout or Experiment that an AnalysisRun or an Experiment is controlled by. */
export function ownerName(
  object: AnalysisRunObject | ExperimentObject | undefined,
  kind: 'Rollout' | 'Experiment',
): string | undefined {
  return object === undefined ? undefined : controllerOf(object, kind)?.name;
}

function given(side: 'stable' | 'canary', selector: string | undefined): string | undefined {
  if (selector === undefined || selector.trim() === '') return undefined;
  try {
    parseSelector(selector);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CodedError('SELECTOR_INVALID', `spec.${side}.selector: ${message}`, { cause: error });
  }
  return selector;
}

function standing(selector: string | undefined): PodScope | undefined {
  return selector === undefined ? undefined : { kind: 'selector', selector };
}

function unresolved(message: string): CodedError {
  return new CodedError('SUBJECT_UNRESOLVED', message);
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
