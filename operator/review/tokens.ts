/**
 * How many tokens a text costs at most, near enough: a word costs one for each four letters, and every digit, sign and
 * other character one. Tokenizers that merge signs or digits make less of it; the estimate errs upwards.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [part] of text.matchAll(/[A-Za-z]+|[^\sA-Za-z]/gu)) tokens += Math.ceil(part.length / 4);
  return tokens;
}
