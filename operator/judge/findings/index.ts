import type { Severity } from '../../../crds/v1alpha1/status.ts';
import type { Finding } from '../../model.ts';
import { explained } from '../change-links.ts';
import type { Comparison } from '../comparison.ts';
import type { JudgeInput } from '../input.ts';
import { containerConfigs } from './container-config.ts';
import { crashLoops } from './crash-loop.ts';
import { disrupted } from './disrupted.ts';
import type { Draft } from './draft.ts';
import { errorRates } from './error-rate.ts';
import { fatals } from './fatal.ts';
import { headline } from './headline.ts';
import { imagePulls } from './image-pull.ts';
import { failedJobs } from './job-failed.ts';
import { lastWords } from './last-words.ts';
import { latencyShifts } from './latency-shift.ts';
import { logFloods } from './log-flood.ts';
import { newWarnings } from './new-warning.ts';
import { notReady } from './not-ready.ts';
import { novelErrors } from './novel-error.ts';
import { outOfMemory } from './out-of-memory.ts';
import { podErrors } from './pod-errors.ts';
import { pooledErrors } from './pooled-errors.ts';
import { readinessFlapping } from './readiness-flapping.ts';
import { restarts } from './restarts.ts';
import { unmarkedFailures } from './unmarked-failures.ts';
import { vanishedHeartbeats } from './vanished-heartbeat.ts';
import { volumeAnomalies } from './volume-anomaly.ts';
import { workStopped } from './work-stopped.ts';

type Find = (input: JudgeInput, comparison: Comparison) => readonly Draft[];

/** Every kind of finding by its name; where two weigh the same, the earlier kind explains more. docs/findings.md has a section for each. */
export const KINDS: Readonly<Record<string, Find>> = {
  Fatal: fatals,
  LastWords: lastWords,
  JobFailed: failedJobs,
  ImagePull: imagePulls,
  ContainerConfig: containerConfigs,
  OutOfMemory: outOfMemory,
  CrashLoop: crashLoops,
  Restarts: restarts,
  NovelError: novelErrors,
  ErrorRate: errorRates,
  PooledErrors: pooledErrors,
  PodErrors: podErrors,
  NotReady: notReady,
  ReadinessFlapping: readinessFlapping,
  NewWarning: newWarnings,
  UnmarkedFailure: unmarkedFailures,
  LatencyShift: latencyShifts,
  VanishedHeartbeat: vanishedHeartbeats,
  WorkStopped: workStopped,
  LogFlood: logFloods,
  VolumeAnomaly: volumeAnomalies,
  Disrupted: disrupted,
};

/** The names of all kinds. */
export const FINDING_KINDS: readonly string[] = Object.keys(KINDS);

const RANK: Readonly<Record<Severity, number>> = { Blocking: 0, Regressed: 1, Suspicious: 2, Info: 3 };

/** More findings than this are not kept: the weakest are left out. */
export const MOST_FINDINGS = 200;

/**
 * All findings, one for a template, strongest first: by severity, then what says where it was thrown, then the surer test,
 * then the order of kinds, then the more frequent. A failed request is often logged twice, with its exception and in the access log.
 */
export function findAll(input: JudgeInput, comparison: Comparison): readonly Finding[] {
  const drafts = Object.values(KINDS).flatMap((find, kind) =>
    find(input, comparison).map((draft) => ({ draft, kind, unplaced: Number(!saysWhere(draft)) })),
  );
  return drafts
    .sort(
      (a, b) =>
        RANK[a.draft.severity] - RANK[b.draft.severity] ||
        (a.draft.severity === 'Blocking' ? a.kind - b.kind : 0) ||
        a.unplaced - b.unplaced ||
        (a.draft.pValueMillionths ?? 0) - (b.draft.pValueMillionths ?? 0) ||
        a.kind - b.kind ||
        (b.draft.canaryCount ?? 0) - (a.draft.canaryCount ?? 0),
    )
    .filter(firstOfItsTemplate())
    .slice(0, MOST_FINDINGS)
    .map(({ draft }, index) => ({ ...explained(draft, input), id: `F${index + 1}` }));
}

function saysWhere({ severity, template }: Draft): boolean {
  return severity === 'Regressed' && template !== undefined && headline(template).place !== undefined;
}

function firstOfItsTemplate(): (entry: { readonly draft: Draft }) => boolean {
  const told = new Set<string>();
  return ({ draft: { templateId } }) => {
    if (templateId === undefined) return true;
    const first = !told.has(templateId);
    told.add(templateId);
    return first;
  };
}
