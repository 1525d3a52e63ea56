import type { Parsed } from './header.ts';

/** What a line is to the record before it. */
export type LineKind =
  | 'blank'
  /** A record of its own. */
  | 'record'
  /** A stack frame of any language. */
  | 'frame'
  /** `Caused by: …` and its kin. */
  | 'cause'
  /** An exception class and message with no header of its own. */
  | 'exception'
  /** `Traceback (most recent call last):` */
  | 'traceback'
  /** The head of a Go panic or runtime error. */
  | 'goPanic'
  /** A line of the goroutine dump behind a Go panic. */
  | 'goFrame'
  /** The head of a Rust panic. */
  | 'rustPanic'
  /** Indented, or a closing brace: part of something that began above. */
  | 'indented';

const FRAME =
  /^ ?(?:at [^ ]|\.\.\. <num> (?:more|common frames)|File "[^"]*", line <num>|from [^ ]*:<num>:in |<num>: [\w<>:]+::)/;
/** Frames that stand at the line's start: PHP's and the debugger's. */
const NUMBERED_FRAME =
  /^(?:PHP )?(?:Stack trace:$|#<num> (?:\S{1,300}\(<num>\): |\{main\}|\[internal function\]|<hex> in ))/;
const CAUSE = /^ ?(?:Caused by: |Suppressed: |Wrapped by: |---> |\[cause\]: )/;
const EXCEPTION =
  /^(?:Exception in thread "[^"]*" )?(?:[A-Za-z_$][\w$]{0,80}[.:]{1,2}){0,12}[A-Za-z_$][\w$]{0,80}(?:Error|Exception|Throwable|Exit|Interrupt|Warning)\b(?:$|:)/;
const GO_FRAME =
  /^(?:goroutine <num> |\[signal |created by |exit status |[\w./*()<>{}…-]{1,200}\([^ ]*(?:, [^ ]*){0,12}\)$)/;

/** Classifies a masked line; `parsed` is what its header says. */
export function lineKind(masked: string, parsed: Parsed): LineKind {
  if (masked === '') return 'blank';
  if (CAUSE.test(masked)) return 'cause';
  if (masked.startsWith(' '))
    return FRAME.test(masked) ? 'frame' : masked.trimStart() === '' ? 'blank' : indented(masked);
  if (/^Traceback \(most recent call last\)/.test(parsed.message)) return 'traceback';
  if (/^(?:(?:panic|fatal error): |(?:http: )?panic serving )/.test(parsed.message)) return 'goPanic';
  if (/^thread '[^']*' (?:\(<num>\) )?panicked at/.test(parsed.message)) return 'rustPanic';
  if (parsed.headed) return 'record';
  if (EXCEPTION.test(masked)) return 'exception';
  if (NUMBERED_FRAME.test(masked)) return 'frame';
  if (GO_FRAME.test(masked)) return 'goFrame';
  return /^(?:[}\])]+[,;]?|\^)$/.test(masked) ? 'indented' : 'record';
}

function indented(masked: string): LineKind {
  // An indented line that has a header is a record all the same.
  return /^ (?:<ts>|\[<ts>|(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)[ :\]])/.test(masked) ? 'record' : 'indented';
}
