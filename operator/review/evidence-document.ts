import type { Finding, ReviewRequest, Template } from '../model.ts';
import { type Datamark, datamarkFor } from './datamark.ts';
import { visibleJSON } from './escape.ts';
import { evidenceFacts } from './evidence-facts.ts';
import { estimateTokens } from './tokens.ts';

/** The evidence as a reviewer sees it. */
export interface EvidenceDocument extends Datamark {
  /** One JSON object; findings and templates stand one a line. */
  readonly json: string;
  /** At most the limit, by {@link estimateTokens}. */
  readonly tokens: number;
}

/** Kept free for the counts of what was left out, and for brackets. */
const CLOSING_TOKENS = 60;
/** The facts may take this part of the whole; the findings get the rest. */
const FACTS_SHARE = 0.4;
/** Text that only the canary wrote may take this part of the whole: who writes logs does not choose what else is shown. */
const NOVEL_SHARE = 0.5;
/** The longest piece of a log that is shown, characters. */
const MAX_TEXT = 512;
/** The same for text that only the canary wrote. */
const MAX_NOVEL_TEXT = 320;

/**
 * The distilled evidence within a limit of tokens: facts, then findings from the strongest on, whole as long as they fit,
 * then templates that no finding is about; whatever does not fit is counted under `omitted`. Texts that programs wrote are
 * cut and datamarked.
 */
export function evidenceDocument(
  request: ReviewRequest,
  options: { readonly maxTokens: number; readonly redact: (text: string) => string },
): EvidenceDocument {
  const { maxTokens, redact } = options;
  const { findings } = request.assessed;
  const datamark = datamarkFor(textsOf(request));
  const { marked } = datamark;
  const facts = evidenceFacts(request, {
    maxTokens: Math.floor(maxTokens * FACTS_SHARE),
    text: (text, max) => marked(redact(text).slice(0, max)),
  });
  const room = new Room(maxTokens - CLOSING_TOKENS - estimateTokens(facts), maxTokens * NOVEL_SHARE);
  const novelIds = novelTemplates(request);
  const findingLines: string[] = [];
  let textless = 0;
  for (const finding of findings) {
    const novel = isNovel(finding, novelIds);
    const variants = findingVariants(finding, novel, marked);
    const shown = variants.findIndex(({ line, novelTokens }) => room.take(line, novelTokens));
    if (shown < 0) break;
    findingLines.push(variants[shown]?.line ?? '');
    if (shown >= FIRST_TEXTLESS) textless++;
  }
  const others = otherTemplates(request);
  const templateLines: string[] = [];
  let novelFits = true;
  for (const template of others) {
    const novel = novelIds.has(template.id);
    if (novel && !novelFits) continue;
    const { line, novelTokens } = templateLine(template, novel, marked);
    if (room.take(line, novelTokens)) templateLines.push(line);
    else if (novel) novelFits = false;
    else break;
  }
  const omitted = {
    findings: findings.length - findingLines.length,
    templates: others.length - templateLines.length,
    samplesOfFindings: textless,
  };
  const json = [
    `{"facts":${facts},`,
    `"findings":[${findingLines.join(',\n')}],`,
    `"templates":[${templateLines.join(',\n')}],`,
    `"omitted":${JSON.stringify(omitted)}}`,
  ].join('\n');
  return { ...datamark, json, tokens: estimateTokens(json) };
}

/** What is left of the limits, in tokens. */
class Room {
  #left: number;
  #novelLeft: number;

  constructor(left: number, novelLeft: number) {
    this.#left = left;
    this.#novelLeft = novelLeft;
  }

  take(line: string, novelTokens: number): boolean {
    const cost = estimateTokens(line) + 1;
    if (cost > this.#left || novelTokens > this.#novelLeft) return false;
    this.#left -= cost;
    this.#novelLeft -= novelTokens;
    return true;
  }
}

interface Line {
  readonly line: string;
  /** What of it only the canary wrote. */
  readonly novelTokens: number;
}

/** Which of a finding's variants is the first without template and samples. */
const FIRST_TEXTLESS = 2;

/** The finding whole, with one sample, without its texts, and without its message: the first that fits is shown. */
function findingVariants(finding: Finding, novel: boolean, marked: (text: string) => string): Line[] {
  const { id, kind, severity, message, template, stableCount, canaryCount, canaryPods, pValueMillionths } =
    finding;
  const numbers = { id, kind, severity, stableCount, canaryCount, canaryPods, pValueMillionths };
  const bare = { ...numbers, message: shown(message, novel, marked) };
  const messageTokens = novel ? estimateTokens(visibleJSON(bare.message)) : 0;
  const show = (text: string): string => shown(text, novel, marked);
  const samples = (finding.samples ?? []).map(show);
  const variants = [samples, samples.slice(0, 1)].map((some): Line => {
    const texts = { template: template === undefined ? undefined : show(template), samples: some };
    const novelTokens = novel ? messageTokens + estimateTokens(visibleJSON(texts)) : 0;
    return { line: visibleJSON({ ...bare, ...texts }), novelTokens };
  });
  return [
    ...variants,
    { line: visibleJSON(bare), novelTokens: messageTokens },
    { line: visibleJSON(numbers), novelTokens: 0 },
  ];
}

function templateLine(
  { id, level, text, stable, canary }: Template,
  novel: boolean,
  marked: (text: string) => string,
): Line {
  const sample = canary.samples[0] ?? stable.samples[0];
  const texts = {
    text: shown(text, novel, marked),
    samples: sample === undefined || sample === text ? [] : [shown(sample, novel, marked)],
  };
  return {
    line: visibleJSON({ id, level, stableCount: stable.count, canaryCount: canary.count, ...texts }),
    novelTokens: novel ? estimateTokens(visibleJSON(texts)) : 0,
  };
}

function shown(text: string, novel: boolean, marked: (text: string) => string): string {
  return marked(text.slice(0, novel ? MAX_NOVEL_TEXT : MAX_TEXT).replace(/[\ud800-\udbff]$/, ''));
}

/** Templates that no finding is about: errors first, then what the sides differ in most, then by count. */
function otherTemplates({ assessed, distilled }: ReviewRequest): Template[] {
  const told = new Set(assessed.findings.map(({ templateId }) => templateId));
  const weight = ({ level, stable, canary }: Template): number => {
    const severity = level === 'fatal' || level === 'error' ? 2 : level === 'warn' ? 1 : 0;
    const novel = canary.count > 0 && stable.count + stable.outside === 0 ? 1 : 0;
    return severity * 2 + novel;
  };
  return distilled.templates
    .filter(({ id }) => !told.has(id))
    .sort((a, b) => weight(b) - weight(a) || b.canary.count - a.canary.count);
}

function novelTemplates({ distilled }: ReviewRequest): ReadonlySet<string> {
  return new Set(
    distilled.templates.filter(({ stable }) => stable.count + stable.outside === 0).map(({ id }) => id),
  );
}

function isNovel({ templateId, stableCount }: Finding, novelIds: ReadonlySet<string>): boolean {
  return templateId === undefined ? stableCount === 0 : novelIds.has(templateId);
}

/** Every text that may be shown and that a program or a person wrote. */
function* textsOf({
  assessed,
  distilled,
  evidence,
  namespace,
  rollout = '',
}: ReviewRequest): Iterable<string> {
  for (const { message, template = '', samples = [] } of assessed.findings)
    yield* [message, template, ...samples];
  for (const { text, stable, canary } of distilled.templates) {
    yield* [text, ...stable.samples, ...canary.samples];
  }
  yield* [namespace, rollout];
  yield JSON.stringify([evidence.change, evidence.canary.events, evidence.gaps]);
  yield JSON.stringify([evidence.canary.pods, evidence.stable.pods]);
}
