import type { Exhibit } from './prompt.ts';

/** The longest quote that is made, characters. */
const QUOTE = 60;

/** A real quote of each finding or template that shows enough text for one, at most 100. */
export function quotesOf(exhibits: readonly Exhibit[]): { id: string; quote: string }[] {
  return exhibits
    .flatMap(({ id, texts }) => {
      const quote = texts
        .find((text) => text.length >= 12)
        ?.slice(0, QUOTE)
        .trim();
      return quote === undefined ? [] : [{ id, quote }];
    })
    .slice(0, 100);
}
