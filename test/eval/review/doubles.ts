import type { Prompt } from './prompt.ts';
import { quotesOf } from './quotes.ts';

/** What a double answers to a prompt: an opinion in the form that models are asked for. */
export interface Said {
  readonly verdict: 'Promote' | 'Abort' | 'Inconclusive';
  readonly confidence: number;
  readonly summary: string;
  readonly rootCause: string;
  readonly remediation: string;
  readonly citations: readonly { readonly id: string; readonly quote: string }[];
  readonly proposedFix: null;
}

/** Reads a prompt and answers. */
export type Answering = (prompt: Prompt) => Said;

const QUIET = { rootCause: '', remediation: '', proposedFix: null } as const;

/** The worst model there can be: it always promotes, wholly sure, and cites every finding with a real quote. */
export const worst: Answering = ({ findings }) => ({
  ...QUIET,
  verdict: 'Promote',
  confidence: 100,
  summary: 'Nothing to see here.',
  citations: quotesOf(findings),
});

const HARM = new Set(['Blocking', 'Regressed']);
/** Kinds of suspicion that a program may live with. */
const BEARABLE = new Set(['NewWarning']);

/**
 * A model that goes by what it is shown: it aborts what is Blocking or Regressed and cites it, promotes where there is
 * nothing or only few new warnings, citing them, and leaves the rest open.
 */
export const honest: Answering = ({ findings, evidence }) => {
  const of = (severities: (severity: string) => boolean) =>
    findings.filter(({ severity = '' }) => severities(severity));
  const harm = of((severity) => HARM.has(severity));
  if (harm.length > 0)
    return {
      ...QUIET,
      verdict: 'Abort',
      confidence: 95,
      summary: 'The canary fails where stable does not.',
      rootCause: harm[0]?.texts[0]?.slice(0, 200) ?? '',
      citations: quotesOf(harm),
    };
  const doubtful = of((severity) => severity === 'Suspicious');
  const kinds = evidence.findings
    .filter(({ severity }) => severity === 'Suspicious')
    .map(({ kind }) => String(kind));
  const bearable = kinds.every((kind) => BEARABLE.has(kind));
  return {
    ...QUIET,
    verdict: bearable ? 'Promote' : 'Inconclusive',
    confidence: bearable ? 85 : 60,
    summary: bearable ? 'The canary does what stable does.' : 'The evidence does not tell.',
    citations: quotesOf(doubtful),
  };
};
