import { A2A_VERSION_HEADER } from '@a2a-js/sdk';
import {
  defaultServerCallContextBuilder,
  type ServerCallContext,
  UnauthenticatedUser,
} from '@a2a-js/sdk/server';
import type { AgentRequest } from './http-request.ts';

/** What the SDK is told of a call: the protocol version it asks for, and nothing of who calls; that was settled before. */
export function callContext({ headers }: AgentRequest): ServerCallContext {
  const version = headers[A2A_VERSION_HEADER.toLowerCase()];
  return defaultServerCallContextBuilder({
    extensions: undefined,
    user: new UnauthenticatedUser(),
    headers: {},
    ...(version === undefined || version === '' ? {} : { requestedVersion: version }),
  });
}
