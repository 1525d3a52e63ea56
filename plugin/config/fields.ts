import type {
  A2AReviewer,
  CanarySelector,
  EvidenceLimits,
  GeminiReviewer,
  GitHubReport,
  Observation,
  OpenAIReviewer,
  Policy,
  Reviewer,
  StableSelector,
} from '../../crds/v1alpha1/spec.ts';
import type { ChaosConfig, CommonConfig, NativeConfig, V0Config, V1Config } from './dialects.ts';

/** Every field name of `T`: the type checker refuses one too few or too many. */
type NamesOf<T> = Record<keyof Required<T>, true>;

/** The field names of each group of configuration fields; no name belongs to two groups. */
export const FIELDS = {
  v0: {
    model: true,
    analysisMode: true,
    stablePodLabel: true,
    canaryPodLabel: true,
    namespace: true,
    podName: true,
  } satisfies NamesOf<V0Config>,
  v1: { agentUrl: true, stableLabel: true, canaryLabel: true } satisfies NamesOf<V1Config>,
  chaos: {
    chaosExperimentCRD: true,
    targetReplicaSetLabel: true,
    targetReplicaSetValue: true,
    chaosMeshEndpoint: true,
    timeout: true,
    cleanupOnFinish: true,
  } satisfies NamesOf<ChaosConfig>,
  common: { githubUrl: true, baseBranch: true, extraPrompt: true } satisfies NamesOf<CommonConfig>,
  native: {
    stable: true,
    canary: true,
    observation: true,
    evidence: true,
    reviewers: true,
    policy: true,
    gitHub: true,
    timeoutSeconds: true,
    ttlSecondsAfterFinished: true,
  } satisfies NamesOf<NativeConfig>,
} as const;

/** A group of configuration fields. */
export type FieldGroup = keyof typeof FIELDS;

/** The group a top-level field belongs to; undefined for an unknown field. */
export function groupOf(name: string): FieldGroup | undefined {
  return (Object.keys(FIELDS) as FieldGroup[]).find((group) => Object.hasOwn(FIELDS[group], name));
}

const reviewer: NamesOf<Reviewer> = { gemini: true, openAI: true, a2a: true, timeoutSeconds: true };

/** The fields of the native objects, by JSON pointer with list positions written as `*`. */
const NESTED: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  '/stable': { selector: true } satisfies NamesOf<StableSelector>,
  '/canary': { selector: true, podName: true } satisfies NamesOf<CanarySelector>,
  '/observation': { lookbackSeconds: true, waitSeconds: true, minPower: true } satisfies NamesOf<Observation>,
  '/evidence': {
    maxBytesPerContainer: true,
    maxPods: true,
    maxContainers: true,
    maxTemplates: true,
  } satisfies NamesOf<EvidenceLimits>,
  '/reviewers/*': reviewer,
  '/reviewers/*/gemini': { model: true } satisfies NamesOf<GeminiReviewer>,
  '/reviewers/*/openAI': { model: true, baseURL: true } satisfies NamesOf<OpenAIReviewer>,
  '/reviewers/*/a2a': { url: true } satisfies NamesOf<A2AReviewer>,
  '/policy': {
    onReviewerUnavailable: true,
    onInsufficientEvidence: true,
    onSuspicion: true,
    onNoBaseline: true,
    minConfidence: true,
  } satisfies NamesOf<Policy>,
  '/gitHub': { url: true, baseBranch: true, issue: true, pullRequest: true } satisfies NamesOf<GitHubReport>,
};

/** The field names allowed in the object at a JSON pointer; the empty pointer is the configuration itself. */
export function knownFields(pointer: string): readonly string[] {
  if (pointer === '') return Object.values(FIELDS).flatMap((names) => Object.keys(names));
  return Object.keys(NESTED[pointer.replace(/\/\d+(?=\/|$)/g, '/*')] ?? {});
}

/** The known name closest to a misspelt or cut one; undefined where none is close. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  let nearest: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    const cut = name.length >= 4 && candidate.toLowerCase().startsWith(name.toLowerCase());
    const distance = cut ? 1 : editDistance(name.slice(0, 64).toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Levenshtein distance, row by row (Wagner and Fischer 1974). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const insertion = (current[column - 1] ?? 0) + 1;
      const deletion = (previous[column] ?? 0) + 1;
      current.push(Math.min(substitution, insertion, deletion));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
