import { objectKey } from '../../crds/client/resource.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Refusal } from './refusal.ts';

/** An operator that runs takes an analysis up within this long. */
const TAKE_UP_MS = 60_000;
/** The operator decides at its deadline; this much more is for the write to arrive. */
const DEADLINE_GRACE_MS = 30_000;
/** What the operator takes for `spec.timeoutSeconds` when nothing sets it. */
const DEFAULT_TIMEOUT_SECONDS = 600;

/**
 * When an analysis without a verdict becomes overdue, as wall-clock milliseconds: 60 s after its creation while no
 * operator has taken it up, 30 s past its deadline afterwards.
 */
export function overdueAt(analysis: CanaryAnalysis): number {
  return isTakenUp(analysis) ? lastCall(analysis) : Math.min(takeUpLimit(analysis), lastCall(analysis));
}

/** Why nobody should wait for this analysis any longer; undefined while it is in time or has a verdict. */
export function overdue(analysis: CanaryAnalysis, now: number): Refusal | undefined {
  if (analysis.status?.verdict !== undefined || now < overdueAt(analysis)) return undefined;
  const key = objectKey(analysis.metadata);
  const namespace = analysis.metadata.namespace ?? '';
  if (!isTakenUp(analysis)) {
    return {
      reason: 'OperatorNotRunning',
      message:
        `no operator took up CanaryAnalysis ${key} within ${TAKE_UP_MS / 1000} s: check that the canary-analysis operator ` +
        `Deployment has a ready pod, that it watches namespace ${namespace}, and what its log says`,
    };
  }
  return {
    reason: 'DeadlineMissed',
    message:
      `the operator gave no verdict on CanaryAnalysis ${key} within its ${timeoutSeconds(analysis)} s ` +
      `and ${DEADLINE_GRACE_MS / 1000} s more: check the operator Deployment and its log`,
  };
}

function isTakenUp(analysis: CanaryAnalysis): boolean {
  return analysis.status?.startTime !== undefined;
}

function takeUpLimit(analysis: CanaryAnalysis): number {
  return createdAt(analysis) + TAKE_UP_MS;
}

function lastCall(analysis: CanaryAnalysis): number {
  return createdAt(analysis) + timeoutSeconds(analysis) * 1000 + DEADLINE_GRACE_MS;
}

function timeoutSeconds(analysis: CanaryAnalysis): number {
  return (
    analysis.status?.effective?.timeoutSeconds ?? analysis.spec.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS
  );
}

function createdAt(analysis: CanaryAnalysis): number {
  const created = Date.parse(analysis.metadata.creationTimestamp ?? '');
  return Number.isNaN(created) ? Number.POSITIVE_INFINITY : created;
}
