import { gunzipSync, gzipSync } from 'node:zlib';
import { CodedError } from '../../crds/errors.ts';
import type { Assessed, Decision, Distilled, Evidence, Template } from '../model.ts';
import { mismatch } from './json-shape.ts';
import { SNAPSHOT_SHAPE } from './snapshot-shape.ts';

/** The key of a snapshot in its ConfigMap's `binaryData`. */
export const SNAPSHOT_KEY = 'snapshot.json.gz';
/** The most a snapshot may weigh, gzip, in bytes: it is kept in a ConfigMap. */
export const MAX_SNAPSHOT_BYTES = 131_072;
/** The most it may inflate to, in bytes. */
export const MAX_INFLATED_BYTES = 8 * 1_048_576;
/** The format this code writes; one it does not know is refused. */
export const SNAPSHOT_VERSION = 1;

/** The distilled form of an analysis: what `replay` and a later baseline need. Everything in it is redacted. */
export interface Snapshot {
  readonly evidence: Evidence;
  readonly distilled: Distilled;
  readonly assessed?: Assessed;
  readonly decision?: Decision;
}

/** A snapshot read back. */
export interface DecodedSnapshot extends Snapshot {
  /** Templates that were left out to make it fit. */
  readonly droppedTemplates: number;
}

/**
 * The snapshot as gzip of JSON, at most {@link MAX_SNAPSHOT_BYTES}. When it does not fit, templates go, the least
 * important first (no finding names them, low level, rare), with the numbers of their records; the rest says how many.
 * @throws `BUNDLE_INVALID` when it does not fit even without templates.
 */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { templates, numbers } = snapshot.distilled;
  const order = [...templates].sort(byImportance(snapshot));
  const attempt = (keep: number): Uint8Array | undefined => {
    const kept = new Set(order.slice(0, keep).map((template) => template.id));
    const distilled = {
      ...snapshot.distilled,
      templates: templates.filter(({ id }) => kept.has(id)),
      numbers: numbers.filter(({ templateId }) => kept.has(templateId)),
    };
    const value = {
      version: SNAPSHOT_VERSION,
      ...snapshot,
      distilled,
      droppedTemplates: templates.length - keep,
    };
    const json = Buffer.from(JSON.stringify(value));
    if (json.length > MAX_INFLATED_BYTES) return undefined;
    const bytes = gzipSync(json);
    return bytes.length <= MAX_SNAPSHOT_BYTES ? bytes : undefined;
  };
  let best = attempt(templates.length);
  if (best !== undefined) return best;
  for (let low = 0, high = templates.length - 1; low <= high; ) {
    const middle = (low + high) >> 1;
    const bytes = attempt(middle);
    if (bytes === undefined) high = middle - 1;
    else {
      best = bytes;
      low = middle + 1;
    }
  }
  if (best !== undefined) return best;
  throw new CodedError(
    'BUNDLE_INVALID',
    `the snapshot does not fit ${MAX_SNAPSHOT_BYTES} bytes even without templates`,
  );
}

/**
 * Reads a snapshot that {@link encodeSnapshot} wrote. The bytes may come from anywhere: they are inflated within bounds
 * and checked.
 * @throws `BUNDLE_INVALID` when they are too large, no gzip, no JSON, of another version or of another shape.
 */
export function decodeSnapshot(bytes: Uint8Array): DecodedSnapshot {
  const invalid = (what: string, cause?: unknown): CodedError =>
    new CodedError('BUNDLE_INVALID', `the snapshot ${what}`, { cause });
  if (bytes.length > MAX_SNAPSHOT_BYTES) throw invalid(`is larger than ${MAX_SNAPSHOT_BYTES} bytes`);
  let text: string;
  try {
    text = gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }).toString('utf8');
  } catch (cause) {
    throw invalid(`is no gzip of at most ${MAX_INFLATED_BYTES} bytes`, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null) throw invalid('is not an object');
  const version = 'version' in value ? value.version : undefined;
  if (version !== SNAPSHOT_VERSION)
    throw invalid(`has version ${JSON.stringify(version)}; this program reads ${SNAPSHOT_VERSION}`);
  const problem = mismatch(value, SNAPSHOT_SHAPE);
  if (problem !== undefined) throw invalid(`has another shape: ${problem}`);
  const { version: _version, ...snapshot } = value as DecodedSnapshot & { version: number };
  // JSON has no undefined: a side without timestamps has no span.
  const span = { stable: snapshot.distilled.span.stable, canary: snapshot.distilled.span.canary };
  // Early snapshots have no numbers.
  const { numbers = [] }: Partial<Distilled> = snapshot.distilled;
  return { ...snapshot, distilled: { ...snapshot.distilled, span, numbers } };
}

const LEVEL_WEIGHT: Readonly<Record<Template['level'], number>> = {
  fatal: 5,
  error: 4,
  warn: 3,
  unknown: 2,
  info: 1,
  debug: 0,
  trace: 0,
};

/** What only canary logs is what a snapshot is read for: news of no known level weighs more than an error that both know. */
const NEWS_WEIGHT = 2.5;

function weightOf({ level, stable, canary }: Template): number {
  const isNews = canary.count > 0 && stable.count + stable.outside === 0;
  return LEVEL_WEIGHT[level] + (isNews ? NEWS_WEIGHT : 0);
}

function byImportance({ assessed }: Snapshot): (a: Template, b: Template) => number {
  const named = new Set(assessed?.findings.map((finding) => finding.templateId));
  const seen = (template: Template): number => template.canary.count + template.stable.count;
  return (a, b) =>
    Number(named.has(b.id)) - Number(named.has(a.id)) || weightOf(b) - weightOf(a) || seen(b) - seen(a);
}
