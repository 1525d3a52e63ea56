import { isCoded } from '../../crds/errors.ts';
import { gatherSubject, type Subject } from '../evidence/index.ts';
import { assess, coverageOf } from '../judge/index.ts';
import { logFields } from './analysis-log.ts';
import { loadEvidence, storeEvidence } from './evidence-store.ts';
import { Decided, failureDecision } from './failure.ts';
import { type Gathered, observeStep } from './observe-step.ts';
import { progress } from './progress.ts';
import type { StepContext } from './resolve-step.ts';
import { type Look, lookOf } from './siblings.ts';
import { conditionOf, publicCoverage, publicFindings, timestamp, withCondition } from './status.ts';

/** The evidence of an analysis: what an earlier process stored, else collected now, written and stored. */
export async function collectStep(context: StepContext, subject: Subject): Promise<Gathered> {
  return (await resumed(context)) ?? (await collected(context, subject));
}

/** The evidence that an earlier process stored, when it came as far. */
async function resumed(context: StepContext): Promise<Gathered | undefined> {
  const { deps, settings, analysis, signal } = context;
  if (conditionOf(analysis.status, 'EvidenceCollected')?.status !== 'True') return undefined;
  const stored = await loadEvidence(deps, analysis, signal).catch((error: unknown) => {
    if (isCoded(error, 'ABORTED')) throw error;
    deps.logger.warn('stored evidence cannot be used, collecting again', { ...logFields(analysis), error });
    return undefined;
  });
  if (stored === undefined) return undefined;
  const assessed = assess({ ...stored, minPower: settings.minPower, look: analysis.status?.look ?? 1 });
  return { ...stored, assessed };
}

async function collected(context: StepContext, subject: Subject): Promise<Gathered> {
  const { deps, analysis, signal } = context;
  const gathered = await observeStep(context, subject, lookFor(context));
  await stillCurrent(context, subject);
  const { evidence, distilled, assessed } = gathered;
  const { findings, more } = publicFindings(assessed.findings);
  await progress(context, (status, now, generation) => ({
    ...status,
    window: {
      canaryStart: timestamp(evidence.canary.interval.from),
      stableStart: timestamp(evidence.stable.interval.from),
      end: timestamp(evidence.canary.interval.to),
    },
    coverage: publicCoverage(coverageOf(evidence, distilled, assessed)),
    assessment: assessed.assessment,
    findings,
    ...(more === 0 ? {} : { moreFindings: more }),
    conditions: withCondition(
      status.conditions,
      { type: 'EvidenceCollected', status: 'True', reason: 'Collected', message: assessed.message },
      now,
      generation,
    ),
  }));
  deps.logger.info('evidence collected', {
    ...logFields(analysis),
    assessment: assessed.assessment,
    findings: assessed.findings.length,
    power: assessed.power,
    read: evidence.read,
    gaps: evidence.gaps.length,
  });
  await stored(context, gathered, signal);
  return gathered;
}

function lookFor({ deps, analysis }: StepContext): Look {
  const { rollout, canaryHash, look } = analysis.status ?? {};
  const siblings = deps.siblings(analysis.metadata.namespace ?? '');
  const found = lookOf(
    analysis,
    { ...(rollout === undefined ? {} : { rollout }), ...(canaryHash === undefined ? {} : { canaryHash }) },
    siblings,
  );
  return { ...found, look: look ?? found.look };
}

/** A Rollout that moved on during the observation leaves nothing to decide; one that cannot be read now was readable before. */
async function stillCurrent(context: StepContext, subject: Subject): Promise<void> {
  if (subject.rollout === undefined) return;
  const { deps, analysis, signal } = context;
  const { metadata, spec } = analysis;
  const { stableHash, canaryHash } = subject;
  const resolved = {
    ...(stableHash === undefined ? {} : { stableHash }),
    ...(canaryHash === undefined ? {} : { canaryHash }),
  };
  try {
    await gatherSubject(deps.cluster, { namespace: metadata.namespace ?? '', spec, resolved }, signal);
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    if (isCoded(error, 'SUPERSEDED')) throw new Decided(failureDecision(error, deps.redact));
  }
}

async function stored(context: StepContext, gathered: Gathered, signal: AbortSignal): Promise<void> {
  const { deps, analysis } = context;
  try {
    const evidenceRef = await storeEvidence(deps, analysis, gathered, signal);
    const message = `Stored in ConfigMap ${evidenceRef.configMap} until ${evidenceRef.expires}.`;
    await progress(context, (status, now, generation) => ({
      ...status,
      evidenceRef,
      conditions: withCondition(
        status.conditions,
        { type: 'EvidenceStored', status: 'True', reason: 'Stored', message },
        now,
        generation,
      ),
    }));
  } catch (error) {
    if (isCoded(error, 'ABORTED')) throw error;
    const message = deps.redact(error instanceof Error ? error.message : String(error));
    deps.logger.warn('evidence not stored', { ...logFields(analysis), error });
    await progress(context, (status, now, generation) => ({
      ...status,
      conditions: withCondition(
        status.conditions,
        { type: 'EvidenceStored', status: 'False', reason: 'Refused', message },
        now,
        generation,
      ),
    }));
  }
}
