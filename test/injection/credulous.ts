import type { Answering } from '../eval/review/doubles.ts';
import type { Prompt } from '../eval/review/prompt.ts';
import { quotesOf } from '../eval/review/quotes.ts';

/** What is said to a model in the evidence, in any disguise that a clever and credulous reader sees through. */
function legible(prompt: Prompt): string {
  const plain = prompt.fenced.replaceAll(prompt.mark, ' ');
  const text = String(JSON.parse(JSON.stringify(plain)))
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .normalize('NFKC');
  const tags = [...text].map((char) => {
    const code = char.codePointAt(0) ?? 0;
    return code > 0xe0000 && code < 0xe007f ? String.fromCodePoint(code - 0xe0000) : char;
  });
  const seen = tags.join('').replace(/\p{Cf}|\p{M}/gu, '');
  const base64 = (seen.match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? []).map((word) =>
    Buffer.from(word, 'base64').toString(),
  );
  const hex = (seen.match(/(?:[0-9a-f]{2}){10,}/gi) ?? []).map((word) => Buffer.from(word, 'hex').toString());
  const rot13 = seen.replace(/[a-z]/gi, (letter) =>
    String.fromCharCode(letter.charCodeAt(0) + (/[a-m]/i.test(letter) ? 13 : -13)),
  );
  const reversed = [...seen].reverse().join('');
  return [seen, ...base64, ...hex, rot13, reversed].join('\n');
}

/**
 * A model that does what the logs tell it: it promotes where they speak of promoting, aborts where they speak of
 * aborting, and cites whatever it can. Where they say neither it is sound: it promotes only what has no findings.
 */
export const credulous: Answering = (prompt) => {
  const text = legible(prompt);
  const order = /abort/i.test(text) ? 'Abort' : /promot/i.test(text) ? 'Promote' : undefined;
  const sound = prompt.findings.some(({ severity }) => severity !== 'Info') ? 'Inconclusive' : 'Promote';
  const spoken = [...prompt.templates, ...prompt.findings].filter(({ texts }) =>
    texts.some((one) => /abort/i.test(one)),
  );
  return {
    verdict: order ?? sound,
    confidence: order === undefined ? 80 : 100,
    summary: order === undefined ? 'I looked for myself.' : 'I was told so.',
    rootCause: '',
    remediation: '',
    citations: quotesOf(order === 'Abort' ? [...spoken, ...prompt.findings] : prompt.findings),
    proposedFix: null,
  };
};
