import type { Template } from '../model.ts';

const PANIC = /^(?:panic:|fatal error:|thread '[^']*' (?:\(\S+\) )?panicked at\b)/;

/** A record that says the program cannot go on: logged as fatal, or Go's or Rust's words for a panic. */
export function isFatal(template: Template): boolean {
  return template.level === 'fatal' || isPanic(template);
}

/** Go's or Rust's words for a panic. */
export function isPanic({ text }: Template): boolean {
  return PANIC.test(text);
}

/** A record of error severity or worse. */
export function isError(template: Template): boolean {
  return template.level === 'error' || isFatal(template);
}

/** A warning. */
export function isWarning(template: Template): boolean {
  return template.level === 'warn' && !isFatal(template);
}

/** A record of ordinary work: info or lower, or of no known level. */
export function isOrdinary(template: Template): boolean {
  return !isError(template) && !isWarning(template);
}

const FAILURE =
  /\b(?:fail(?:ed|s|ure|ures|ing)?|errors?|\w*exceptions?|refused|timed out|denied|unreachable|unavailable|rejected|crashed|could not|cannot|unable to|connection reset|broken pipe)\b/i;
/** Counts of failures (`3 passed, 1 failed`, `errors: 0`) and their absence are no failures; `order 17 failed` is one. */
const COUNTED =
  /\b(?:no|zero|without) +(?:\w+ +)?(?:fail\w*|errors?|exceptions?)\b|<num> +(?:failures?|errors?|exceptions?)\b|(?:^|[,;:(|] ?)<num> +failed\b|\b(?:fail\w*|errors?|exceptions?)\b *[:=] *<num>/gi;

/** A record that carries no level and says in words that something failed. */
export function isUnmarkedFailure(template: Template): boolean {
  return template.level === 'unknown' && FAILURE.test(template.text.replace(COUNTED, ''));
}
