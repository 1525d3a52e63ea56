import type { KubernetesObject } from '../../crds/client/kubernetes-object.ts';
import type { ResourceClient } from '../../crds/client/resource-client.ts';
import { CodedError, isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysisSpec } from '../../crds/v1alpha1/spec.ts';
import type { Cluster } from './cluster.ts';
import type { AnalysisRunObject } from './objects.ts';
import { ownerName, resolveSubject, type Subject, type SubjectFacts } from './subjects.ts';

/** What the subject of one analysis is resolved from. */
export interface SubjectRequest {
  readonly namespace: string;
  readonly spec: CanaryAnalysisSpec;
  readonly resolved?: SubjectFacts['resolved'];
}

/**
 * Reads AnalysisRun, Experiment and Rollout as far as they exist, and tells from them which pods to compare.
 * @throws CodedError as {@link resolveSubject}; `SUBJECT_UNRESOLVED` for an object that is named and missing;
 *   `EVIDENCE_UNREADABLE` where one cannot be read.
 */
export async function gatherSubject(
  cluster: Cluster,
  request: SubjectRequest,
  signal?: AbortSignal,
): Promise<Subject> {
  const { namespace, spec } = request;
  const read = <T extends KubernetesObject>(client: ResourceClient<T>, name: string | undefined) =>
    name === undefined ? Promise.resolve(undefined) : getOrUndefined(client, namespace, name, signal);

  const analysisRun = sameUID(await read(cluster.analysisRuns, spec.measurement?.analysisRun), spec);
  const experimentName = ownerName(analysisRun, 'Experiment');
  const experiment = await read(cluster.experiments, experimentName);
  if (experimentName !== undefined && experiment === undefined) {
    throw missing('Experiment', namespace, experimentName);
  }
  const ownRollout = ownerName(analysisRun, 'Rollout') ?? ownerName(experiment, 'Rollout');
  const rolloutName = spec.rolloutRef?.name ?? ownRollout;
  if (ownRollout !== undefined && rolloutName !== ownRollout) {
    throw new CodedError(
      'SUBJECT_UNRESOLVED',
      `spec.rolloutRef names ${rolloutName}, but the AnalysisRun belongs to Rollout ${ownRollout}: leave rolloutRef out`,
    );
  }
  const rollout = await read(cluster.rollouts, rolloutName);
  if (rolloutName !== undefined && rollout === undefined) throw missing('Rollout', namespace, rolloutName);
  return resolveSubject({
    spec,
    ...(analysisRun === undefined ? {} : { analysisRun }),
    ...(experiment === undefined ? {} : { experiment }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(request.resolved === undefined ? {} : { resolved: request.resolved }),
  });
}

/** An AnalysisRun of the same name with another UID is another run. */
function sameUID(
  run: AnalysisRunObject | undefined,
  spec: CanaryAnalysisSpec,
): AnalysisRunObject | undefined {
  return run?.metadata.uid === spec.measurement?.analysisRunUID ? run : undefined;
}

async function getOrUndefined<T extends KubernetesObject>(
  client: ResourceClient<T>,
  namespace: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await client.get({ namespace, name }, signal === undefined ? {} : { signal });
  } catch (error) {
    if (isCoded(error, 'API_NOT_FOUND')) return undefined;
    throw unreadable(error);
  }
}

/** The error of a read without which nothing can be judged; a cancellation stays one. */
export function unreadable(error: unknown): unknown {
  if (isCoded(error, 'ABORTED') || isCoded(error, 'EVIDENCE_UNREADABLE')) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CodedError('EVIDENCE_UNREADABLE', message, { cause: error });
}

function missing(kind: string, namespace: string, name: string): CodedError {
  const message = `${kind} ${namespace}/${name} does not exist`;
  return new CodedError('SUBJECT_UNRESOLVED', message, { cause: new CodedError('API_NOT_FOUND', message) });
}
