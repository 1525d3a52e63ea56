import { CodedError } from '../../crds/errors.ts';
import { decodeSnapshot, SNAPSHOT_KEY, type Snapshot } from '../bundle/index.ts';
import { BUILT_IN_POLICY } from '../judge/index.ts';
import type { EffectivePolicy } from '../model.ts';
import type { Connection } from './connect.ts';
import { judgeBundle, MIN_POWER } from './judge.ts';
import { kindOfPath, readSnapshotFile } from './object-file.ts';
import { type Replay, recordOf, replay, reviewOf } from './replay.ts';
import type { ReplayCommand } from './usage.ts';

/** What replaying needs from outside. */
export interface ReplayContext {
  /** Opens the cluster when the first name asks for it. */
  readonly connection: () => Connection;
  readonly policy: EffectivePolicy | undefined;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Judges again what a word on the command line means: a bundle, a file, or the name of an analysis in the cluster.
 * @throws CodedError naming what cannot be used.
 */
export async function replaySubject(
  subject: string,
  command: ReplayCommand,
  context: ReplayContext,
): Promise<Replay> {
  const kind = await kindOfPath(subject);
  if (kind === 'directory') return replayBundle(subject, command, context);
  if (kind === 'file') return replayFile(subject, command, context);
  return replayAnalysis(subject, command, context);
}

async function replayBundle(dir: string, command: ReplayCommand, context: ReplayContext): Promise<Replay> {
  const { look } = command;
  const { policy = BUILT_IN_POLICY, now, signal } = context;
  const judged = await judgeBundle(dir, { policy, now, signal, ...(look === undefined ? {} : { look }) });
  return replay({
    name: dir,
    snapshot: judged,
    recorded: judged.recorded ?? {},
    policy,
    minPower: MIN_POWER,
    look: look ?? judged.look,
    review: { kind: 'notConfigured' },
  });
}

async function replayFile(path: string, command: ReplayCommand, context: ReplayContext): Promise<Replay> {
  const snapshot = await readSnapshotFile(path);
  return replay({
    name: path,
    snapshot,
    recorded: accountOf(snapshot),
    policy: context.policy ?? BUILT_IN_POLICY,
    minPower: MIN_POWER,
    look: command.look ?? 1,
    review: { kind: 'notConfigured' },
  });
}

function accountOf({ assessed, decision }: Snapshot) {
  return {
    ...(decision === undefined ? {} : decision),
    ...(assessed === undefined ? {} : { assessment: assessed.assessment, findings: assessed.findings }),
  };
}

async function replayAnalysis(name: string, command: ReplayCommand, context: ReplayContext): Promise<Replay> {
  const { signal } = context;
  const { namespace, analyses, configMaps } = context.connection();
  const analysis = await analyses.get({ namespace, name }, { signal });
  const { status = {} } = analysis;
  const configMap = status.evidenceRef?.configMap;
  if (configMap === undefined) {
    throw new CodedError('BUNDLE_INVALID', `CanaryAnalysis ${namespace}/${name} has stored no evidence`);
  }
  const { binaryData = {} } = await configMaps.get({ namespace, name: configMap }, { signal });
  const content = binaryData[SNAPSHOT_KEY];
  if (content === undefined) {
    throw new CodedError('BUNDLE_INVALID', `ConfigMap ${namespace}/${configMap} holds no ${SNAPSHOT_KEY}`);
  }
  return replay({
    name: `${namespace}/${name}`,
    snapshot: decodeSnapshot(Buffer.from(content, 'base64')),
    recorded: recordOf(analysis),
    policy: context.policy ?? status.effective?.policy ?? BUILT_IN_POLICY,
    minPower: status.effective?.minPower ?? MIN_POWER,
    look: command.look ?? status.look ?? 1,
    review: reviewOf(analysis),
  });
}
