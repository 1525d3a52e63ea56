import type { Level } from '../model.ts';
import { graverOfStatus, LEVEL_NAMES, levelOfStatus, levelOfWord } from './levels.ts';
import { accessStatus, pairedStatus, requestStatus } from './request-status.ts';

const HINT = new RegExp(`(?:^|[ \\[(|"])(${LEVEL_NAMES})(?=[ :\\])|"]|$)`);
const HINT_PAIR = /\b(?:level|lvl|severity|loglevel)["']?[=:] ?["']?([A-Za-z]{3,11})\b/;
const FATAL_HEAD =
  /^(?:panic: |fatal error: |fatal: |(?:Segmentation fault|Aborted|Killed|Bus error)(?: \(core dumped\))?$|terminate called |thread '[^']*' (?:\(<num>\) )?panicked at|Uncaught |uncaughtException|Unhandled (?:exception|rejection)|UnhandledPromiseRejection|Out of memory|OutOfMemoryError|FATAL\b)/i;
const ERROR_HEAD =
  /^(?:Exception in thread|Traceback \(most recent call last\)|(?:http: )?panic serving |Error\b|npm (?:ERR!|error )|error(?:\[[\w<>]*\])?:|(?:PHP message: )?PHP (?:Fatal|Parse|Recoverable fatal|Catchable fatal) error: |(?:[A-Za-z_$][\w$]{0,80}[.:]{1,2}){0,12}[A-Za-z_$][\w$]{0,80}(?:Error|Exception|Failure|Throwable|Fault)\b(?::|$| at ))/;
const UNCAUGHT = /^Exception in thread /;
const WARN_HEAD =
  /^(?:\(node:<num>\) )?(?:\[\w{1,8}(?:<num>)?\] )?(?:PHP (?:Warning|Deprecated): |npm (?:WARN|warn)\b|\w{0,80}Warning\b|warn(?:ing)?:)/i;
const PHP_FATAL = /^(?:PHP message: )?PHP (?:Fatal|Parse) error: /;

/** The level of a record whose header says `level`: some messages, and requests answered 5xx, are graver than their header. */
export function gravest(message: string, level: Level | undefined): Level | undefined {
  if (level === 'error' && message.startsWith('panic: ')) return 'fatal';
  if (level === undefined) return undefined;
  if (level === 'info' && PHP_FATAL.test(message)) return 'error';
  const told = requestStatus(message);
  return told === undefined ? level : graverOfStatus(level, told.status, told.isRequest);
}

/** The level of a message that has no level in its header: an access log's status, a hint near the head, the shape of its head. */
export function impliedLevel(message: string): Level {
  if (UNCAUGHT.test(message) || FATAL_HEAD.test(message)) return 'fatal';
  const access = accessStatus(message);
  if (access !== undefined) return levelOfStatus(access);
  if (ERROR_HEAD.test(message)) return 'error';
  if (WARN_HEAD.test(message)) return 'warn';
  const head = message.slice(0, 80);
  const hint = HINT.exec(head) ?? HINT_PAIR.exec(head);
  const level = hint?.[1] === undefined ? undefined : levelOfWord(hint[1]);
  if (level !== undefined) return gravest(message, level) ?? level;
  const paired = pairedStatus(message);
  return paired?.isRequest === true ? levelOfStatus(paired.status) : 'unknown';
}
