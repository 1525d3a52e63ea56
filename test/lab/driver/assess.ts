import type { AnalysisRun, MetricResult, MetricSpec, Phase, RunStatus, StoredMeasurement } from './model.ts';
import { isCompleted } from './model.ts';
import { wholeSeconds } from './wire.ts';

/** A call to make for a metric. */
export interface Task {
  readonly metric: MetricSpec;
  readonly call: 'Run' | 'Resume' | 'Terminate';
  /** The measurement in flight; absent for a new one. */
  readonly measurement?: StoredMeasurement;
}

/** What the controller does next for one AnalysisRun. */
export interface Plan {
  readonly tasks: readonly Task[];
  /** When to look again without an event, epoch milliseconds. */
  readonly nextAt?: number;
}

/** Measurements kept for each metric (analysis/analysis.go, DefaultMeasurementHistoryLimit). */
export const HISTORY_LIMIT = 10;
/** analysis.go, DefaultConsecutiveErrorLimit: one more is the fifth. */
const CONSECUTIVE_ERROR_LIMIT = 4;

/** The status of an AnalysisRun nobody has looked at yet. */
export function initialStatus(run: AnalysisRun, now: Date): RunStatus {
  return run.status?.phase === undefined || run.status.phase === ''
    ? { ...run.status, phase: 'Running', startedAt: wholeSeconds(now) }
    : run.status;
}

/**
 * The calls that are due (argo-rollouts analysis/analysis.go, generateMetricTasks): a measurement in flight is resumed,
 * or terminated when the run ends early; a new one begins after the interval, or after `errorRetryMs` behind an error.
 */
export function planRun(run: AnalysisRun, status: RunStatus, now: number, errorRetryMs: number): Plan {
  const terminating = isTerminating(run, status);
  const tasks: Task[] = [];
  let nextAt = Number.POSITIVE_INFINITY;
  for (const metric of run.spec.metrics) {
    const result = resultOf(status, metric.name);
    if (isCompleted(result?.phase)) continue;
    const last = result?.measurements?.at(-1);
    if (last !== undefined && last.finishedAt === undefined) {
      const resumeAt = last.resumeAt === undefined ? 0 : Date.parse(last.resumeAt);
      if (terminating) tasks.push({ metric, call: 'Terminate', measurement: last });
      else if (resumeAt <= now) tasks.push({ metric, call: 'Resume', measurement: last });
      else nextAt = Math.min(nextAt, resumeAt);
      continue;
    }
    if (terminating) continue;
    const dueAt = nextRunAt(run, metric, last, errorRetryMs);
    if (dueAt <= now) tasks.push({ metric, call: 'Run' });
    else nextAt = Math.min(nextAt, dueAt);
  }
  return { tasks, ...(Number.isFinite(nextAt) ? { nextAt } : {}) };
}

function nextRunAt(
  run: AnalysisRun,
  metric: MetricSpec,
  last: StoredMeasurement | undefined,
  errorRetryMs: number,
): number {
  if (last?.finishedAt === undefined) {
    const created = Date.parse(run.metadata.creationTimestamp ?? '') || 0;
    return metric.initialDelay === undefined ? 0 : created + milliseconds(metric.initialDelay);
  }
  const pause = last.phase === 'Error' ? errorRetryMs : milliseconds(metric.interval ?? '');
  return Date.parse(last.finishedAt) + pause;
}

/** Puts a call's answer into the results and counts it (analysis.go, runMeasurements). */
export function record(
  run: AnalysisRun,
  status: RunStatus,
  task: Task,
  answer: StoredMeasurement,
): RunStatus {
  const { metric } = task;
  const before: MetricResult = resultOf(status, metric.name) ?? {
    name: metric.name,
    phase: 'Running',
    ...(isDryRun(run, metric.name) ? { dryRun: true } : {}),
  };
  const measurements = [...(before.measurements ?? [])];
  if (task.measurement !== undefined) measurements.pop();
  measurements.push(answer);
  const after = {
    ...before,
    measurements,
    ...(answer.finishedAt === undefined ? {} : counted(before, answer.phase)),
  };
  return withResult(status, after);
}

function counted(result: MetricResult, phase: Phase): Partial<MetricResult> {
  const { count = 0, successful = 0, failed = 0, inconclusive = 0, error = 0, consecutiveError = 0 } = result;
  switch (phase) {
    case 'Successful':
      return { count: count + 1, successful: successful + 1, consecutiveError: 0 };
    case 'Failed':
      return { count: count + 1, failed: failed + 1, consecutiveError: 0 };
    case 'Inconclusive':
      return { count: count + 1, inconclusive: inconclusive + 1, consecutiveError: 0 };
    case 'Error':
      return { error: error + 1, consecutiveError: consecutiveError + 1 };
    default:
      return {};
  }
}

/** Decides each metric, and the run once all are decided (analysis.go, assessMetricStatus and assessRunStatus). */
export function assess(run: AnalysisRun, status: RunStatus, now: Date): RunStatus {
  const terminating = isTerminating(run, status);
  const results = run.spec.metrics.flatMap((metric) => {
    const result = resultOf(status, metric.name);
    if (result === undefined) return terminating ? [{ name: metric.name, phase: 'Successful' as const }] : [];
    return [isCompleted(result.phase) ? result : { ...result, ...assessMetric(metric, result, terminating) }];
  });
  const assessed = { ...status, metricResults: results };
  if (results.length < run.spec.metrics.length || results.some(({ phase }) => !isCompleted(phase)))
    return assessed;
  const worst = results
    .filter(({ dryRun }) => dryRun !== true)
    .toSorted((a, b) => rank(a.phase) - rank(b.phase))[0];
  const phase = worst?.phase ?? 'Successful';
  const message = worst?.message ?? (terminating ? 'Run Terminated' : undefined);
  return {
    ...assessed,
    phase,
    completedAt: wholeSeconds(now),
    ...(message === undefined ? {} : { message }),
  };
}

function assessMetric(
  metric: MetricSpec,
  result: MetricResult,
  terminating: boolean,
): { phase: Phase; message?: string } {
  const { count = 0, failed = 0, inconclusive = 0, consecutiveError = 0 } = result;
  const verdict = (phase: Phase, what: string, seen: number, limit: number, limitName: string) => ({
    phase,
    message: `Metric "${metric.name}" assessed ${phase} due to ${what} (${seen}) > ${limitName} (${limit})`,
  });
  const failureLimit = limitOf(metric.failureLimit, 0);
  if (failureLimit >= 0 && failed > failureLimit) {
    return verdict('Failed', 'failed', failed, failureLimit, 'failureLimit');
  }
  const inconclusiveLimit = limitOf(metric.inconclusiveLimit, 0);
  if (inconclusive > inconclusiveLimit) {
    return verdict('Inconclusive', 'inconclusive', inconclusive, inconclusiveLimit, 'inconclusiveLimit');
  }
  const errorLimit = limitOf(metric.consecutiveErrorLimit, CONSECUTIVE_ERROR_LIMIT);
  if (consecutiveError > errorLimit) {
    const error = verdict(
      'Error',
      'consecutiveErrors',
      consecutiveError,
      errorLimit,
      'consecutiveErrorLimit',
    );
    const last = result.measurements?.at(-1)?.message;
    return last === undefined ? error : { ...error, message: `${error.message}: "Error Message: ${last}"` };
  }
  if (result.measurements?.at(-1)?.finishedAt === undefined) return { phase: 'Running' };
  const wanted = metric.count === undefined && metric.interval === undefined ? 1 : limitOf(metric.count, 0);
  if ((wanted > 0 && count >= wanted) || terminating) return { phase: 'Successful' };
  return { phase: 'Running' };
}

/** Worst first (utils/analysis, analysisStatusOrder). */
function rank(phase: Phase): number {
  const order: readonly Phase[] = ['Failed', 'Error', 'Inconclusive', 'Running', 'Pending', 'Successful'];
  return order.indexOf(phase);
}

/** Whether the run ends early: told to, or because of a metric that counts (utils/analysis, IsTerminating). */
export function isTerminating(run: AnalysisRun, status: RunStatus): boolean {
  return (
    run.spec.terminate === true ||
    (status.metricResults ?? []).some(
      ({ phase, dryRun }) => dryRun !== true && isCompleted(phase) && phase !== 'Successful',
    )
  );
}

/** The result of a metric, if there is one. */
export function resultOf(status: RunStatus, metric: string): MetricResult | undefined {
  return status.metricResults?.find(({ name }) => name === metric);
}

/** The status with one metric's result put in or replaced. */
export function withResult(status: RunStatus, result: MetricResult): RunStatus {
  const others = status.metricResults ?? [];
  const known = others.some(({ name }) => name === result.name);
  return {
    ...status,
    metricResults: known
      ? others.map((other) => (other.name === result.name ? result : other))
      : [...others, result],
  };
}

function isDryRun(run: AnalysisRun, metric: string): boolean {
  return (run.spec.dryRun ?? []).some(({ metricName }) => new RegExp(`^(?:${metricName})$`).test(metric));
}

function limitOf(limit: number | string | undefined, otherwise: number): number {
  return limit === undefined ? otherwise : Number(limit);
}

/** A Go duration of one number and unit; nothing is zero. */
function milliseconds(duration: string): number {
  const [, number = '0', unit = 's'] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(number) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
}
