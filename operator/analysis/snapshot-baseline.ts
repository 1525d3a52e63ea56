import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { Snapshot } from '../bundle/index.ts';
import type { Distilled, Evidence, LastWords, NumericField, Template, TemplateCount } from '../model.ts';
import { conditionOf } from './status.ts';

/** Evidence whose stable side was read at another time. */
export type Compared = Pick<Snapshot, 'evidence' | 'distilled'>;

/**
 * The analyses whose stored evidence may serve as a baseline, the newest first: same Rollout, same two revisions, stable
 * read from pods.
 */
export function baselineCandidates(
  analysis: CanaryAnalysis,
  all: readonly CanaryAnalysis[],
): CanaryAnalysis[] {
  const { rollout, stableHash, canaryHash } = analysis.status ?? {};
  if (rollout === undefined || stableHash === undefined || canaryHash === undefined) return [];
  return all
    .filter(
      ({ metadata, status }) =>
        metadata.namespace === analysis.metadata.namespace &&
        metadata.uid !== analysis.metadata.uid &&
        status?.rollout === rollout &&
        status.stableHash === stableHash &&
        status.canaryHash === canaryHash &&
        status.coverage?.baseline === 'Pods' &&
        conditionOf(status, 'EvidenceStored')?.status === 'True',
    )
    .sort((a, b) => ((a.status?.window?.end ?? '') < (b.status?.window?.end ?? '') ? 1 : -1));
}

/** Evidence that has no stable side of its own with the stable side of an earlier one; `name` says whose that is. */
export function withBaseline(own: Compared, earlier: Compared, name: string): Compared {
  const evidence: Evidence = {
    ...own.evidence,
    stable: earlier.evidence.stable,
    change: own.evidence.change.length > 0 ? own.evidence.change : earlier.evidence.change,
    baseline: 'Snapshot',
    read: { ...own.evidence.read, stable: earlier.evidence.read.stable },
    gaps: [`stable: its pods have gone; the baseline is ${name}`, ...own.evidence.gaps],
    logsComplete: { ...own.evidence.logsComplete, stable: earlier.evidence.logsComplete.stable },
  };
  return { evidence, distilled: mergeDistilled(own.distilled, earlier.distilled) };
}

/**
 * The same without the marks by which its samples tell equal secrets from different ones: they were made with the key of
 * another analysis, so that one value has another mark there.
 */
export function withoutMarks(earlier: Compared): Compared {
  const plain = (count: TemplateCount): TemplateCount => ({
    ...count,
    samples: count.samples.map((sample) => sample.replace(MARKED, '<$1>')),
  });
  const templates = earlier.distilled.templates.map(
    (template): Template => ({ ...template, stable: plain(template.stable), canary: plain(template.canary) }),
  );
  return { ...earlier, distilled: { ...earlier.distilled, templates } };
}

/** A placeholder of redaction with its mark. */
const MARKED = /<([a-z][a-z\d-]{1,48})#[0-9a-f]{4}>/g;

function mergeDistilled(own: Distilled, earlier: Distilled): Distilled {
  const known = new Map(
    earlier.templates.filter(({ stable }) => isSeen(stable)).map((template) => [keyOf(template), template]),
  );
  const ids = new Map<string, string>();
  const templates: Template[] = own.templates.map((template) => {
    const before = known.get(keyOf(template));
    if (before === undefined) return template;
    known.delete(keyOf(template));
    ids.set(before.id, template.id);
    return { ...template, stable: before.stable };
  });
  let last = Math.max(0, ...own.templates.map(({ id }) => Number(id.slice(1))));
  for (const before of known.values()) {
    const id = `T${++last}`;
    ids.set(before.id, id);
    templates.push({ ...before, id, canary: UNSEEN });
  }
  const stableWords = earlier.lastWords
    .filter(({ source }) => source.side === 'stable')
    .map((words) => renamed(words, ids));
  return {
    templates,
    lines: { ...own.lines, stable: earlier.lines.stable },
    bytes: { ...own.bytes, stable: earlier.bytes.stable },
    work: { stable: earlier.work?.stable ?? {}, canary: own.work?.canary ?? {} },
    span: { ...own.span, stable: earlier.span.stable },
    lastWords: [...own.lastWords.filter(({ source }) => source.side === 'canary'), ...stableWords],
    redactions: own.redactions,
    overflow: { ...own.overflow, stable: earlier.overflow.stable },
    numbers: mergedNumbers(own, earlier, ids),
  };
}

/** The fields that both have in records of the same template. */
function mergedNumbers(own: Distilled, earlier: Distilled, ids: ReadonlyMap<string, string>): NumericField[] {
  // The name of a number in plain text begins with the template's id, which is another in each.
  const key = (templateId: string, field: NumericField): string =>
    JSON.stringify([templateId, field.name.replace(`${field.templateId}#`, '#')]);
  const before = new Map(
    earlier.numbers.map((field) => [key(ids.get(field.templateId) ?? '', field), field.stable]),
  );
  return own.numbers.flatMap((field) => {
    const stable = before.get(key(field.templateId, field));
    return stable === undefined ? [] : [{ ...field, stable }];
  });
}

const UNSEEN: TemplateCount = { count: 0, startup: 0, outside: 0, pods: {}, samples: [] };

function isSeen({ count, outside }: TemplateCount): boolean {
  return count > 0 || outside > 0;
}

function keyOf({ level, logger = '', text }: Template): string {
  return JSON.stringify([level, logger, text]);
}

function renamed(words: LastWords, ids: ReadonlyMap<string, string>): LastWords {
  const { templateId, ...rest } = words;
  const id = templateId === undefined ? undefined : ids.get(templateId);
  return id === undefined ? rest : { ...rest, templateId: id };
}
