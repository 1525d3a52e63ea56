import type { Judged } from '../../operator/cli/judge.ts';

/**
 * What a message quotes and the evidence lacks: every text in backticks has to be a template of a side that logged it, or a
 * name that the evidence has.
 */
export function unfounded(message: string, { distilled, evidence }: Judged): string[] {
  const quotes = [...message.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote);
  if (quotes.length === 0) return [];
  const texts = distilled.templates.flatMap(({ text, stable, canary }) => [
    text,
    ...stable.samples,
    ...canary.samples,
  ]);
  const facts = JSON.stringify([evidence.stable, evidence.canary, evidence.change]);
  const known = [...texts, facts].map(squeezed);
  return quotes.filter((quote) => {
    const wanted = squeezed(quote.replace(/…$/, ''));
    return !known.some((text) => text.includes(wanted));
  });
}

function squeezed(text: string): string {
  return text.replaceAll('`', '').replace(/\s+/g, ' ').trim();
}
