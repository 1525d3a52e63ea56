import { ApiError } from '../../crds/client/api-error.ts';
import { CodedError } from '../../crds/errors.ts';

/** An error as fields of a log line. */
export interface ErrorFields {
  /** A code of the registry of errors, or Node's (`ECONNREFUSED`). */
  readonly code?: string;
  readonly name: string;
  readonly message: string;
  /** The HTTP status of an API server's refusal. */
  readonly status?: number;
  /** Only for an error that nobody threw on purpose. */
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

const MAX_CAUSES = 5;
const MAX_STACK_LINES = 12;

/** Takes from an error, and from its causes, what a log may show: never other properties, which may hold bodies or headers. */
export function describeError(error: unknown, causes: number = MAX_CAUSES): ErrorFields {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const stack = error instanceof CodedError || code !== undefined ? undefined : error.stack;
  return {
    ...(code === undefined ? {} : { code }),
    name: error.name,
    message: error.message,
    ...(error instanceof ApiError ? { status: error.status } : {}),
    ...(stack === undefined ? {} : { stack: stack.split('\n').slice(0, MAX_STACK_LINES).join('\n') }),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describeError(error.cause, causes - 1) }),
  };
}
