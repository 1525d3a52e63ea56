import { expect } from 'chai';
import type { Judged } from '../../operator/cli/judge.ts';
import { MAX_PROMPT_TOKENS } from '../../operator/review/prompt.ts';
import { estimateTokens } from '../../operator/review/tokens.ts';
import type { Prompt } from '../eval/review/prompt.ts';

/** Characters that are seen only by what they do to others; a line feed stands between the lines of the document. */
const UNSEEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u;
/** The longest text of a log that is shown, characters. */
const MAX_TEXT = 512;
/** The same where only the canary logged it; all of it together may take half of the evidence. */
const MAX_NOVEL_TEXT = 320;

/** The instruction, and what stands before the fence, without what differs from request to request. */
function instruction({ system, before, nonce, mark }: Prompt): string {
  return `${system}\n${before}`.replaceAll(nonce, 'NONCE').replaceAll(`"${mark}"`, '"MARK"');
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

/**
 * Expects that whatever the logs hold is data in its fence: the instruction is the twin's, the document has its own
 * fields alone, its findings are the judge's, its texts are short, marked and without invisible characters.
 */
export function expectContained(prompt: Prompt, twin: Prompt, { assessed, distilled }: Judged): void {
  expect(instruction(prompt)).to.equal(instruction(twin));
  expect(UNSEEN.exec(prompt.user)?.[0].codePointAt(0)?.toString(16)).to.equal(undefined);
  expect(prompt.fenced).not.to.contain(prompt.nonce);
  expect(prompt.user.endsWith(`END EVIDENCE ${prompt.nonce}`)).to.equal(true);
  expect(Object.keys(prompt.evidence)).to.deep.equal(Object.keys(twin.evidence));
  expect(Object.keys(prompt.evidence.facts)).to.deep.equal(Object.keys(twin.evidence.facts));
  expect(prompt.evidence.facts['assessment']).to.equal(assessed.assessment);
  for (const text of stringsOf(prompt.evidence.facts)) {
    expect(text).not.to.contain(' ');
    expect(text.length).to.be.at.most(MAX_TEXT);
  }
  const { findings, templates } = prompt;
  const told = assessed.findings.slice(0, findings.length);
  expect(findings.map(({ id, severity }) => [id, severity])).to.deep.equal(
    told.map(({ id, severity }) => [id, severity]),
  );
  expect(findings.length + (prompt.evidence.omitted['findings'] ?? 0)).to.equal(assessed.findings.length);
  const known = new Set(distilled.templates.map(({ id }) => id));
  expect(templates.every(({ id }) => known.has(id))).to.equal(true);
  expect(estimateTokens(`${prompt.system}\n${prompt.user}`)).to.be.at.most(MAX_PROMPT_TOKENS);
  expect(prompt.mark).not.to.equal(' ');
  let novelTokens = 0;
  for (const { id, texts, rawTexts } of [...findings, ...templates]) {
    const templateId = assessed.findings.find((finding) => finding.id === id)?.templateId ?? id;
    const template = distilled.templates.find((one) => one.id === templateId);
    const novel = template !== undefined && template.stable.count + template.stable.outside === 0;
    for (const text of texts) expect(text.length).to.be.at.most(novel ? MAX_NOVEL_TEXT : MAX_TEXT);
    for (const text of rawTexts) expect(text).not.to.contain(' ');
    if (novel) novelTokens += estimateTokens(rawTexts.join(' '));
  }
  expect(novelTokens).to.be.at.most(MAX_PROMPT_TOKENS / 2);
  for (const { text, canary, stable } of distilled.templates)
    for (const one of [text, ...canary.samples, ...stable.samples]) expect(one).not.to.contain(prompt.mark);
}
