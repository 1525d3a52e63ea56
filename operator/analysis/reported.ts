import { isCoded } from '../../crds/errors.ts';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { CanaryAnalysisStatus } from '../../crds/v1alpha1/status.ts';
import type { Deps } from './deps.ts';
import { type ConditionUpdate, clip, withCondition } from './status.ts';

/** What a report is made with. */
export type ReportDeps = Pick<
  Deps,
  'reporter' | 'writer' | 'configMaps' | 'clock' | 'logger' | 'redact' | 'metrics' | 'recorder'
>;

/** The links that a report comes to. */
export type Links = Pick<CanaryAnalysisStatus, 'issueURL' | 'pullRequestURL'>;

/** What a report comes to. */
export interface Reported {
  readonly condition: ConditionUpdate;
  readonly links: Links;
}

/** The longest message of a condition, characters. */
const MAX_MESSAGE = 1024;

/** The `Reported` condition, its sentences joined and cut to what a condition may hold. */
export function reportedCondition(
  status: ConditionUpdate['status'],
  reason: string,
  sentences: readonly string[],
): ConditionUpdate {
  return { type: 'Reported', status, reason, message: clip(sentences.join(' '), MAX_MESSAGE) };
}

/** Writes the `Reported` condition, and the links where there are any. */
export async function setReported(
  deps: Pick<Deps, 'writer' | 'clock' | 'metrics'>,
  analysis: CanaryAnalysis,
  condition: ConditionUpdate,
  signal: AbortSignal,
  links: Links = {},
): Promise<void> {
  await deps.writer.update(
    analysis,
    ({ status = {}, metadata }) => ({
      ...withLinks(status, links),
      conditions: withCondition(status.conditions, condition, deps.clock.now(), metadata.generation),
    }),
    signal,
  );
  deps.metrics.report(condition.reason);
}

/** Writes links alone. */
export async function setLinks(
  deps: Pick<Deps, 'writer'>,
  analysis: CanaryAnalysis,
  links: Links,
  signal: AbortSignal,
): Promise<void> {
  await deps.writer.update(analysis, ({ status = {} }) => withLinks(status, links), signal);
}

/** The status with links; the pull request is the better one for the column. */
function withLinks(status: CanaryAnalysisStatus, links: Links): CanaryAnalysisStatus {
  const { issueURL, pullRequestURL } = { ...status, ...links };
  const link = pullRequestURL ?? issueURL;
  return { ...status, ...links, ...(link === undefined ? {} : { link }) };
}

/** Whether an error will come again however often it is tried. */
export function isTerminal(error: unknown): boolean {
  return isCoded(error) && error.disposition === 'terminal';
}

/** What an error says, redacted. */
export function messageOf({ redact }: Pick<Deps, 'redact'>, error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
