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
