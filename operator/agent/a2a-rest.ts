import {
  A2A_CONTENT_TYPE,
  formatSSEErrorEvent,
  formatSSEEvent,
  SendMessageRequest,
  SendMessageResponse,
  StreamResponse,
  Task,
} from '@a2a-js/sdk';
import {
  ContentTypeNotSupportedError,
  RequestMalformedError,
  restStatusFor,
  toRestErrorBody,
} from '@a2a-js/sdk/errors';
import { type A2ARequestHandler, type ServerCallContext, validateVersion } from '@a2a-js/sdk/server';
import { callContext } from './a2a-context.ts';
import type { AgentRequest, AgentResponse } from './http-request.ts';

type Act = (request: AgentRequest, context: ServerCallContext) => Promise<AgentResponse>;

/**
 * Serves A2A over HTTP+JSON (A2A 1.0 §11): messages, tasks, streams and cancelling. The SDK's own binding needs express, this
 * one nothing; what it does not serve (lists, push notifications, tenants) is answered 404.
 * @returns undefined for a path that is not one of the binding's.
 */
export function restBinding(
  handler: A2ARequestHandler,
): (request: AgentRequest, path: string) => Promise<AgentResponse> | undefined {
  return (request, path) => {
    const act = routeOf(handler, `${request.method} ${path}`);
    return act === undefined ? undefined : answered(handler, request, act);
  };
}

function routeOf(handler: A2ARequestHandler, route: string): Act | undefined {
  if (route === 'POST /message:send') {
    return async ({ body }, context) => {
      const result = await handler.sendMessage(messageOf(body), context);
      const payload =
        'messageId' in result
          ? ({ $case: 'message', value: result } as const)
          : ({ $case: 'task', value: result } as const);
      return ok(SendMessageResponse.toJSON({ payload }));
    };
  }
  if (route === 'POST /message:stream') {
    return ({ body }, context) => streamed(handler.sendMessageStream(messageOf(body), context));
  }
  const [, method, encoded = '', verb] =
    /^(GET|POST) \/tasks\/([^/:]+)(?::(cancel|subscribe))?$/.exec(route) ?? [];
  const id = decoded(encoded);
  if (method === undefined || id === undefined) return undefined;
  if (verb === 'subscribe') return (_, context) => streamed(handler.resubscribe({ id, tenant: '' }, context));
  if (verb === 'cancel' && method === 'POST') {
    return async (_, context) =>
      ok(Task.toJSON(await handler.cancelTask({ id, tenant: '', metadata: {} }, context)));
  }
  if (verb !== undefined || method !== 'GET') return undefined;
  return async ({ query }, context) => {
    const length = query.get('historyLength');
    if (length !== null && !/^\d{1,9}$/.test(length)) {
      throw new RequestMalformedError('historyLength must be a non-negative integer');
    }
    const limit = length === null ? {} : { historyLength: Number(length) };
    return ok(Task.toJSON(await handler.getTask({ id, tenant: '', ...limit }, context)));
  };
}

async function answered(handler: A2ARequestHandler, request: AgentRequest, act: Act): Promise<AgentResponse> {
  try {
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== undefined && type !== 'application/json' && type !== A2A_CONTENT_TYPE) {
      throw new ContentTypeNotSupportedError(`send application/json or ${A2A_CONTENT_TYPE}`);
    }
    const context = callContext(request);
    validateVersion(context.requestedVersion, await handler.getAgentCard(), 'HTTP+JSON');
    return await act(request, context);
  } catch (error) {
    return refused(error);
  }
}

function messageOf(body: string): SendMessageRequest {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RequestMalformedError('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || !('message' in value)) {
    throw new RequestMalformedError('message is required');
  }
  try {
    return SendMessageRequest.fromJSON(value);
  } catch {
    throw new RequestMalformedError('the message does not decode');
  }
}

/** A stream that fails before its first event is an error like any other. */
async function streamed(stream: AsyncGenerator<StreamResponse, void, undefined>): Promise<AgentResponse> {
  const first = await stream.next();
  async function* events(): AsyncGenerator<string> {
    try {
      if (first.done) return;
      yield formatSSEEvent(StreamResponse.toJSON(first.value));
      for await (const event of stream) yield formatSSEEvent(StreamResponse.toJSON(event));
    } catch (error) {
      yield formatSSEErrorEvent(toRestErrorBody(error, restStatusFor(error)));
    } finally {
      await stream.return();
    }
  }
  return { events: events() };
}

function ok(json: unknown): AgentResponse {
  return { status: 200, headers: { 'content-type': A2A_CONTENT_TYPE }, json };
}

function refused(error: unknown): AgentResponse {
  const status = restStatusFor(error);
  return { status, headers: { 'content-type': A2A_CONTENT_TYPE }, json: toRestErrorBody(error, status) };
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
