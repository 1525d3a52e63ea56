import { A2AError } from '@a2a-js/sdk/errors';
import { CodedError, isCoded } from '../../../crds/errors.ts';
import { knownCause } from '../agent-failure.ts';
import { AnsweredError } from '../answered.ts';
import { TEXT } from '../messages.ts';
import type { FailedAttempt } from '../retry.ts';

/** An HTTP answer of an agent other than success, on its way through the SDK. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly attempt: FailedAttempt;
  readonly status: number;

  constructor(attempt: FailedAttempt, status: number) {
    super('the agent refused');
    this.attempt = attempt;
    this.status = status;
  }
}

/** A failed call to an agent: what it means, and how it may go on. */
export interface CallFailure extends FailedAttempt {
  /** True when the agent did not take the request up, so that the same message may be sent again. */
  readonly untouched: boolean;
}

/** Status codes of gRPC that mean something of their own here (google.rpc.Code). */
const GRPC = { RESOURCE_EXHAUSTED: 8, PERMISSION_DENIED: 7, UNAVAILABLE: 14, UNAUTHENTICATED: 16 } as const;

/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL and DATA_LOSS. */
const SERVER_FAULTS: ReadonlySet<number> = new Set([2, 4, 13, 15]);

/** What an error of the SDK, or of what it was given to fetch with, means; no text of the agent gets into it. */
export function callFailure(error: unknown, url: string): CallFailure {
  if (error instanceof Refused) return { ...error.attempt, untouched: error.status === 429 };
  const own = codedWithin(error);
  if (own !== undefined) {
    const { code, message } = own;
    if (code === 'ABORTED' || code === 'ORIGIN_FORBIDDEN') return final(own);
    return {
      error: new CodedError(code, `${TEXT.agentFailed} at ${url}: ${message}`, { cause: own }),
      retry: code === 'REVIEWER_UNAVAILABLE',
      untouched: false,
    };
  }
  if (!(error instanceof A2AError)) {
    return final(failure('REVIEWER_MALFORMED', url, 'its answer is not one of A2A', error));
  }
  const status = grpcStatus(error);
  if (status === undefined) {
    const hint = knownCause(error.message);
    const why = `it refused the request (${error.reason})${hint === undefined ? '' : `: ${hint}`}`;
    return final(refused(url, why, error, error.reason === 'INTERNAL_ERROR'));
  }
  return grpcFailure(status, error, url);
}

function grpcFailure(status: number, error: A2AError, url: string): CallFailure {
  switch (status) {
    case GRPC.UNAUTHENTICATED:
    case GRPC.PERMISSION_DENIED:
      return final(
        failure(
          'REVIEWER_UNAUTHORIZED',
          url,
          `${TEXT.authentication}; check the credential (gRPC ${status})`,
          error,
        ),
      );
    case GRPC.RESOURCE_EXHAUSTED: {
      if (/larger than max/.test(error.message)) {
        return final(failure('REVIEWER_MALFORMED', url, 'its answer is too long (gRPC 8)', error));
      }
      const exhausted = failure('REVIEWER_UNAVAILABLE', url, 'too many requests (gRPC 8)', error);
      return { error: exhausted, retry: true, untouched: true };
    }
    case GRPC.UNAVAILABLE:
      return {
        error: failure('REVIEWER_UNAVAILABLE', url, 'it gave no answer (gRPC 14)', error),
        retry: true,
        untouched: false,
      };
    default: {
      const why = `it refused the request (gRPC ${status}, ${error.reason})`;
      return final(refused(url, why, error, SERVER_FAULTS.has(status)));
    }
  }
}

function failure(
  code: 'REVIEWER_UNAVAILABLE' | 'REVIEWER_UNAUTHORIZED' | 'REVIEWER_MALFORMED',
  url: string,
  what: string,
  cause: unknown,
): CodedError {
  return new CodedError(code, `${TEXT.agentFailed} at ${url}: ${what}`, { cause });
}

/** A refusal is an answer, unless the server itself failed. */
function refused(url: string, why: string, cause: unknown, serverFault: boolean): CodedError {
  return serverFault
    ? failure('REVIEWER_UNAVAILABLE', url, why, cause)
    : new AnsweredError(`${TEXT.agentFailed} at ${url}: ${why}`, { cause });
}

function final(error: CodedError): CallFailure {
  return { error, retry: false, untouched: false };
}

/** Streams wrap what their source failed with. */
function codedWithin(error: unknown): CodedError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    if (isCoded(at)) return at;
  }
  return undefined;
}

function grpcStatus(error: A2AError): number | undefined {
  const { transport, status } = error as { transport?: unknown; status?: unknown };
  return transport === 'grpc' && typeof status === 'number' ? status : undefined;
}
