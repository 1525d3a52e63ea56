import { formatSSEEvent } from '@a2a-js/sdk';
import { type A2ARequestHandler, JsonRpcTransportHandler, validateVersion } from '@a2a-js/sdk/server';
import { callContext } from './a2a-context.ts';
import type { AgentRequest, AgentResponse } from './http-request.ts';

/** Serves A2A over JSON-RPC 2.0 (A2A 1.0 §9): one path, POST; a method that streams is answered with events. */
export function jsonRpcBinding(
  handler: A2ARequestHandler,
): (request: AgentRequest) => Promise<AgentResponse> {
  const transport = new JsonRpcTransportHandler(handler);
  return async (request) => {
    const context = callContext(request);
    try {
      validateVersion(context.requestedVersion, await handler.getAgentCard(), 'JSONRPC');
    } catch (error) {
      const id = idOf(request.body);
      return {
        status: 200,
        json: { jsonrpc: '2.0', id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) },
      };
    }
    const result = await transport.handle(request.body, context);
    if (!(Symbol.asyncIterator in result)) return { status: 200, json: result };
    return { events: events(result, idOf(request.body)) };
  };
}

async function* events(results: AsyncIterable<unknown>, id: string | number | null): AsyncGenerator<string> {
  try {
    for await (const result of results) yield formatSSEEvent(result);
  } catch (error) {
    yield formatSSEEvent({ jsonrpc: '2.0', id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) });
  }
}

function idOf(body: string): string | number | null {
  try {
    const { id } = JSON.parse(body) as { id?: unknown };
    return typeof id === 'string' || typeof id === 'number' ? id : null;
  } catch {
    return null;
  }
}
