/** Whether the same action may succeed when it is tried again unchanged. */
export type Disposition = 'retry' | 'terminal';

/**
 * Every error this project throws on purpose: its stable code, whether trying again can help, and what it means.
 * Code matches on `code`, never on a message.
 */
export const ERRORS = {
  API_UNREACHABLE: { disposition: 'retry', meaning: 'The API server gave no answer.' },
  API_THROTTLED: { disposition: 'retry', meaning: 'The API server answered 429 or 5xx.' },
  API_CONFLICT: { disposition: 'retry', meaning: 'The object changed since it was read (409 Conflict).' },
  API_EXPIRED: {
    disposition: 'retry',
    meaning: 'The resource version is too old to watch or list from (410 Gone).',
  },
  API_UNAUTHORIZED: { disposition: 'retry', meaning: 'The API server does not know who asks (401).' },
  API_FORBIDDEN: {
    disposition: 'retry',
    meaning: 'The account may not do this (403): a role or binding is missing.',
  },
  API_NOT_FOUND: {
    disposition: 'terminal',
    meaning: 'The object or its resource type does not exist (404).',
  },
  API_ALREADY_EXISTS: { disposition: 'terminal', meaning: 'An object of that name exists already (409).' },
  API_INVALID: { disposition: 'terminal', meaning: 'The API server refused the content (400 or 422).' },
  API_UNEXPECTED: {
    disposition: 'terminal',
    meaning: 'The API server answered something that its contract does not name.',
  },
  CONFIG_INVALID: {
    disposition: 'terminal',
    meaning: 'A configuration value is missing, malformed or not allowed.',
  },
  PROTOCOL_VIOLATION: {
    disposition: 'terminal',
    meaning: 'The other side broke the go-plugin, yamux, net/rpc or gob protocol.',
  },
  CODEC_FAILED: { disposition: 'terminal', meaning: 'A value could not be encoded or decoded.' },
  HANDSHAKE_REFUSED: {
    disposition: 'terminal',
    meaning: 'The program was not started by the host it serves.',
  },
  SELECTOR_INVALID: { disposition: 'terminal', meaning: 'A label selector does not parse.' },
  SELECTOR_EMPTY: { disposition: 'retry', meaning: 'A selector finds nothing.' },
  SUBJECT_UNRESOLVED: {
    disposition: 'retry',
    meaning: 'The pods to compare cannot be told from the AnalysisRun and its Rollout.',
  },
  SAME_REVISION: {
    disposition: 'terminal',
    meaning: 'Stable and canary are the same revision: nothing to compare.',
  },
  SUPERSEDED: {
    disposition: 'terminal',
    meaning: 'The Rollout has moved on from the revision under analysis.',
  },
  EVIDENCE_UNREADABLE: { disposition: 'retry', meaning: 'Evidence exists but could not be read.' },
  REVIEWER_UNAVAILABLE: {
    disposition: 'retry',
    meaning: 'A reviewer could not be reached or did not answer in time.',
  },
  REVIEWER_UNAUTHORIZED: { disposition: 'terminal', meaning: 'A reviewer refused the credential.' },
  REVIEWER_MALFORMED: {
    disposition: 'terminal',
    meaning: 'A reviewer answered something that is not a valid opinion.',
  },
  ORIGIN_FORBIDDEN: { disposition: 'terminal', meaning: 'A URL points where this operator may not call.' },
  GITHUB_REFUSED: {
    disposition: 'terminal',
    meaning: 'GitHub refused the request (401, 403, 404, 410, 422).',
  },
  GITHUB_UNAVAILABLE: { disposition: 'retry', meaning: 'GitHub could not be reached or asked to wait.' },
  VERDICT_FINAL: {
    disposition: 'terminal',
    meaning: 'The analysis has its verdict already; a verdict stays.',
  },
  BUNDLE_INVALID: { disposition: 'terminal', meaning: 'A bundle is not laid out as documented.' },
  ABORTED: { disposition: 'terminal', meaning: 'The work was cancelled.' },
} as const satisfies Record<string, { disposition: Disposition; meaning: string }>;

/** The stable code of an error: a key of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/**
 * The base of every error thrown on purpose.
 * `message` names the object, what is wrong and what to do; it never holds a secret, a body or a header.
 */
export class CodedError extends Error {
  override readonly name: string = 'CodedError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** `retry` when the same action may succeed later, `terminal` when it cannot. */
  get disposition(): Disposition {
    return ERRORS[this.code].disposition;
  }
}

/** Narrows a caught value to a {@link CodedError}, optionally of one code. */
export function isCoded(error: unknown, code?: ErrorCode): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}
