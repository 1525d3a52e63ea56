import type { KubernetesObject } from '../client/kubernetes-object.ts';
import type { CanaryAnalysisSpec } from './spec.ts';
import type { CanaryAnalysisStatus } from './status.ts';

/** API group of this project. */
export const GROUP = 'metric-ai.argoproj-labs.io';
/** The one served and stored version. */
export const VERSION = 'v1alpha1';
/** `apiVersion` of a {@link CanaryAnalysis}. */
export const API_VERSION = `${GROUP}/${VERSION}`;
/** `kind` of a {@link CanaryAnalysis}. */
export const KIND = 'CanaryAnalysis';
/** Resource name in paths and rules. */
export const PLURAL = 'canaryanalyses';

/**
 * One question, whether a canary is fit to go on, and its answer with the reasons.
 * A run-to-completion resource, like a Job.
 * @kubernetes group=metric-ai.argoproj-labs.io version=v1alpha1 kind=CanaryAnalysis plural=canaryanalyses singular=canaryanalysis shortName=cana scope=Namespaced
 * @column Verdict string .status.verdict
 * @column Confidence integer .status.confidence
 * @column Reason string .status.reason
 * @column Rollout string .status.rollout
 * @column Link string .status.link
 * @column Age date .metadata.creationTimestamp
 * @column Message string .status.message priority=1
 * @column Reviewer string .status.opinions[0].reviewer priority=1
 * @column Issue string .status.issueURL priority=1
 * @column Pull-Request string .status.pullRequestURL priority=1
 * @column Duration integer .status.durationSeconds priority=1
 */
export interface CanaryAnalysis extends KubernetesObject {
  /** What to analyse and how. */
  spec: CanaryAnalysisSpec;
  /** What came of it; written by the operator alone. */
  status?: CanaryAnalysisStatus;
}
