import { CodedError, type ErrorCode } from '../errors.ts';
import { readText } from './body.ts';
import type { Status, StatusCause } from './kubernetes-object.ts';
import { objectKey, type ResourceDefinition, type ResourceTarget, resourceName } from './resource.ts';
import type { ApiResponse } from './transport.ts';

/** The verbs of the Kubernetes API, as roles name them. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** What was asked of the API server: for messages, and for the rule that a role lacks. */
export interface ApiCall extends ResourceTarget {
  readonly verb: Verb;
  readonly resource: ResourceDefinition;
}

/** What an {@link ApiError} is made of besides its message. */
export interface ApiErrorFacts {
  /** The HTTP status. */
  readonly status: number;
  /** The machine-readable reason of the Status, e.g. `AlreadyExists`. */
  readonly reason?: string;
  readonly causes?: readonly StatusCause[];
  /** What the server asked to wait before the next try. */
  readonly retryAfterSeconds?: number;
  /** True when the server does not serve the resource type at all: its CustomResourceDefinition is not installed. */
  readonly resourceTypeMissing?: boolean;
}

/** The API server's refusal. The message holds the Status message, cut to 1 KiB, and nothing else of the body. */
export class ApiError extends CodedError implements ApiErrorFacts {
  override readonly name: string = 'ApiError';
  readonly status: number;
  readonly reason?: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
  readonly resourceTypeMissing: boolean;

  constructor(code: ErrorCode, message: string, facts: ApiErrorFacts, options?: { cause?: unknown }) {
    super(code, message, options);
    this.status = facts.status;
    if (facts.reason !== undefined) this.reason = facts.reason;
    this.causes = facts.causes ?? [];
    if (facts.retryAfterSeconds !== undefined) this.retryAfterSeconds = facts.retryAfterSeconds;
    this.resourceTypeMissing = facts.resourceTypeMissing ?? false;
  }
}

/** An error body longer than this is not read further. */
const MAX_ERROR_BODY_BYTES = 256 * 1024;
const MAX_MESSAGE_CHARACTERS = 1024;

/** The call in words: `create canaryanalyses.metric-ai.argoproj-labs.io shop/web-1`. */
export function describeCall(call: ApiCall): string {
  const name = resourceName(call.resource, call.subresource);
  if (call.name !== undefined) {
    return `${call.verb} ${name} ${objectKey({ name: call.name, ...namespaceOf(call) })}`;
  }
  if (!call.resource.namespaced) return `${call.verb} ${name}`;
  return `${call.verb} ${name} in ${call.namespace === undefined ? 'all namespaces' : `namespace ${call.namespace}`}`;
}

/** Reads the body of an answer that is not 2xx and makes the error that says what is wrong and what to do. */
export async function readApiError(response: ApiResponse, call: ApiCall): Promise<ApiError> {
  const { text } = await readText(response.body, MAX_ERROR_BODY_BYTES);
  const status = parseStatus(text);
  return apiError(call, response.status, status, retryAfterOf(response, status));
}

/** The error of a Status that came with HTTP status `status`, or inside a watch as an `ERROR` event. */
export function apiError(
  call: ApiCall,
  status: number,
  body: Status | undefined,
  retryAfterSeconds?: number,
): ApiError {
  const resourceTypeMissing = status === 404 && (body?.details?.name ?? '') === '';
  const said = body?.message === undefined ? '' : `: ${printable(body.message)}`;
  const advice = adviceFor(call, status, body, resourceTypeMissing);
  return new ApiError(
    codeOf(status, body?.reason),
    `${describeCall(call)}: ${status} ${body?.reason ?? 'without a reason'}${said}${advice === '' ? '' : `; ${advice}`}`,
    {
      status,
      resourceTypeMissing,
      ...(body?.reason === undefined ? {} : { reason: body.reason }),
      ...(body?.details?.causes === undefined ? {} : { causes: body.details.causes }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  );
}

/** The Status in a body; undefined when it holds none (a server that knows no such path answers in plain text). */
function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Narrows a decoded body to a Status. */
export function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

function codeOf(status: number, reason: string | undefined): ErrorCode {
  if (status === 429 || status >= 500) return 'API_THROTTLED';
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return 'API_INVALID';
    case 401:
      return 'API_UNAUTHORIZED';
    case 403:
      return 'API_FORBIDDEN';
    case 404:
      return 'API_NOT_FOUND';
    case 409:
      return reason === 'AlreadyExists' ? 'API_ALREADY_EXISTS' : 'API_CONFLICT';
    case 410:
      return 'API_EXPIRED';
    default:
      return 'API_UNEXPECTED';
  }
}

/** RBAC's own refusals say `cannot VERB resource`; quotas and admission answer 403 as well, and no role helps there. */
const RBAC_REFUSAL = /\bcannot [a-z]+ resource\b/;

function adviceFor(call: ApiCall, status: number, body: Status | undefined, typeMissing: boolean): string {
  if (typeMissing) {
    const { group, version, plural } = call.resource;
    return group === ''
      ? `this API server does not serve ${version} ${plural}`
      : `this API server does not serve ${plural} of ${group}/${version}: ` +
          `install the CustomResourceDefinition ${plural}.${group}, or the version of it that has ${version}`;
  }
  if (status === 403 && (body?.message === undefined || RBAC_REFUSAL.test(body.message))) {
    return `grant \`${call.verb} ${resourceName(call.resource, call.subresource)}\` to this account`;
  }
  if (status === 401) return 'the token is missing, expired or not for this API server';
  return '';
}

/** RFC 9110 §10.2.3 in its form of seconds, the one that API servers send; the Status may carry it as well. */
function retryAfterOf(response: ApiResponse, status: Status | undefined): number | undefined {
  const header = response.headers['retry-after'];
  if (header !== undefined && /^\d{1,6}$/.test(header)) return Number(header);
  const details = status?.details?.retryAfterSeconds;
  return typeof details === 'number' && details > 0 ? details : undefined;
}

function printable(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MAX_MESSAGE_CHARACTERS ? line : `${line.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`;
}

function namespaceOf(call: ApiCall): { namespace?: string } {
  return call.namespace === undefined ? {} : { namespace: call.namespace };
}
