import { CodedError } from '../../crds/errors.ts';
import type { AssessmentName, Verdict } from '../../crds/v1alpha1/status.ts';
import { type Evidence, type Interval, SIDES, type Side } from '../model.ts';
import { type Folder, pathIn } from './folder.ts';
import { readJson } from './json-file.ts';
import type { Shape } from './json-shape.ts';

/** Where a bundle says how it was collected. */
export const COLLECTED_FILE = 'collected.json';

/** What the files of a bundle cannot tell of themselves: when it was, and what was not seen. */
export interface Collected {
  /** What rates are taken from, on both sides; RFC 3339. What is logged outside is known, not counted. */
  readonly window: { readonly from: string; readonly to: string };
  /** Pods that belong to each side, more than there are folders where some were left out. */
  readonly podsFound?: Readonly<Record<Side, number>>;
  /** Pods of each side whose logs were read. */
  readonly podsRead?: Readonly<Record<Side, number>>;
  /** Names of the pods of which a log was read; every pod counts where it is absent. */
  readonly podsWithLogs?: Readonly<Record<Side, readonly string[]>>;
  /** True where a log was longer than what is read of one, so that its older part was left out; false when absent. */
  readonly cut?: Readonly<Record<Side, boolean>>;
  /** False where a log that is known to have existed could not be read to its end. */
  readonly logsComplete?: Readonly<Record<Side, boolean>>;
  /** What was not seen, one line each. */
  readonly gaps?: readonly string[];
  /** Which look at the revision it was, from 1. */
  readonly look?: number;
  /** What the analysis said whose evidence this is. */
  readonly recorded?: Recorded;
}

/** A verdict as it was given. */
export interface Recorded {
  readonly analysis?: string;
  readonly verdict?: Verdict;
  readonly reason?: string;
  readonly message?: string;
  readonly confidence?: number;
  readonly assessment?: AssessmentName;
}

const COUNTS: Shape = { fields: { stable: 'number', canary: 'number' }, required: ['stable', 'canary'] };
const FLAGS: Shape = { fields: { stable: 'boolean', canary: 'boolean' }, required: ['stable', 'canary'] };
const NAMES: Shape = {
  fields: { stable: { list: 'string' }, canary: { list: 'string' } },
  required: ['stable', 'canary'],
};

/** The shape of {@link Collected}. */
const COLLECTED_SHAPE: Shape = {
  fields: {
    window: { fields: { from: 'string', to: 'string' }, required: ['from', 'to'] },
    podsFound: COUNTS,
    podsRead: COUNTS,
    podsWithLogs: NAMES,
    cut: FLAGS,
    logsComplete: FLAGS,
    gaps: { list: 'string' },
    look: 'number',
    recorded: {
      fields: {
        analysis: 'string',
        verdict: 'string',
        reason: 'string',
        message: 'string',
        confidence: 'number',
        assessment: 'string',
      },
    },
  },
  required: ['window'],
};

/**
 * Reads how a bundle was collected.
 * @throws `BUNDLE_INVALID` naming the file, and the field that is wrong.
 */
export async function readCollected(
  folder: Folder,
  path: string,
  signal?: AbortSignal,
): Promise<Collected & { readonly interval: Interval }> {
  const collected = await readJson<Collected>(folder, path, COLLECTED_SHAPE, signal);
  const interval = { from: Date.parse(collected.window.from), to: Date.parse(collected.window.to) };
  if (!(interval.from <= interval.to)) {
    throw new CodedError(
      'BUNDLE_INVALID',
      `${pathIn(folder, path)}: window must be two RFC 3339 times, from not after to`,
    );
  }
  return { ...collected, interval };
}

/** What a bundle's files cannot tell of this evidence: {@link Collected} without what the analysis said. */
export function collectedOf(evidence: Evidence, interval: Interval): Collected {
  const { read, gaps, logsComplete } = evidence;
  const time = (at: number): string => new Date(at).toISOString();
  const bySide = <T>(of: (side: Side) => T): Record<Side, T> => ({
    stable: of('stable'),
    canary: of('canary'),
  });
  const [stable, canary] = SIDES.map((side) => evidence[side].podsRead);
  return {
    window: { from: time(interval.from), to: time(interval.to) },
    podsFound: bySide((side) => read[side].podsFound),
    podsRead: bySide((side) => read[side].podsRead),
    ...(stable === undefined || canary === undefined ? {} : { podsWithLogs: { stable, canary } }),
    cut: bySide((side) => evidence[side].cut === true),
    logsComplete,
    gaps,
  };
}
