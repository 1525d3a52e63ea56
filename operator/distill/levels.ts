import type { Level } from '../model.ts';

const WORDS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['trace', 'trace'],
  ['trac', 'trace'],
  ['trce', 'trace'],
  ['finest', 'trace'],
  ['finer', 'trace'],
  ['silly', 'trace'],
  ['verbose', 'debug'],
  ['debug', 'debug'],
  ['debg', 'debug'],
  ['debu', 'debug'],
  ['dbug', 'debug'],
  ['dbg', 'debug'],
  ['fine', 'debug'],
  ['config', 'info'],
  ['info', 'info'],
  ['information', 'info'],
  ['informational', 'info'],
  ['inf', 'info'],
  ['notice', 'info'],
  ['http', 'info'],
  ['log', 'info'],
  ['default', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['wrn', 'warn'],
  ['err', 'error'],
  ['erro', 'error'],
  ['error', 'error'],
  ['fail', 'error'],
  ['severe', 'error'],
  ['crit', 'fatal'],
  ['critical', 'fatal'],
  ['fatal', 'fatal'],
  ['ftl', 'fatal'],
  ['fata', 'fatal'],
  ['pani', 'fatal'],
  ['panic', 'fatal'],
  ['dpanic', 'fatal'],
  ['alert', 'fatal'],
  ['emerg', 'fatal'],
  ['emergency', 'fatal'],
]);

/** Alternatives of a regular expression: the words for levels that logs write in capitals, or any case where a header shows. */
export const LEVEL_NAMES =
  'TRACE|TRCE|FINEST|FINER|VERBOSE|DEBUG|DEBG|DBG|FINE|CONFIG|INFO|INF|NOTICE|LOG|WARN|WARNING|WRN|ERROR|ERRO|ERR|SEVERE|FATAL|FTL|CRITICAL|CRIT|PANIC|DPANIC|ALERT|EMERG|EMERGENCY';

/** The level that a word stands for, in any case; undefined for other words. */
export function levelOfWord(word: string): Level | undefined {
  return WORDS.get(word.toLowerCase());
}

const LETTERS: ReadonlyMap<string, Level> = new Map<string, Level>([
  ['T', 'trace'],
  ['D', 'debug'],
  ['I', 'info'],
  ['N', 'info'],
  ['W', 'warn'],
  ['E', 'error'],
  ['C', 'fatal'],
  ['F', 'fatal'],
  ['A', 'fatal'],
]);

/** The level that a capital stands for, perhaps with a digit: klog, capnslog, MongoDB (`D1` … `D5`), Ruby. */
export function levelOfLetter(text: string): Level | undefined {
  return text.length === 1 || /^D[1-5]$/.test(text) ? LETTERS.get(text.charAt(0)) : undefined;
}

/**
 * The level that a number stands for: pino and bunyan (10 trace … 60 fatal), syslog severities (RFC 5424: 0–3 error
 * and worse, 4 warning, 5–6 info, 7 debug).
 */
export function levelOfNumber(n: number): Level | undefined {
  if (!Number.isFinite(n) || n < 0) return undefined;
  if (n <= 7) return n <= 2 ? 'fatal' : n === 3 ? 'error' : n === 4 ? 'warn' : n <= 6 ? 'info' : 'debug';
  if (n < 10 || n > 100) return undefined;
  if (n < 20) return 'trace';
  if (n < 30) return 'debug';
  if (n < 40) return 'info';
  if (n < 50) return 'warn';
  return n < 60 ? 'error' : 'fatal';
}

/** The level of a request's record that names none: 5xx is an error, 4xx a warning, anything below is information. */
export function levelOfStatus(status: number): Level {
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
}

/** True for the levels whose templates the judge holds against a canary. */
export function isErrorLevel(level: Level): boolean {
  return level === 'error' || level === 'fatal';
}
