/** Shows control characters of a log instead of obeying them. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** The first line of a quote, cut to fit a terminal. */
export function firstLine(sample: string, max = 160): string {
  const line = sample.split('\n', 1)[0] ?? '';
  return line.length > max ? `${line.slice(0, max)}…` : line;
}
