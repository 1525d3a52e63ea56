import type { AgentCard } from '@a2a-js/sdk';
import {
  Client,
  JsonRpcTransportFactory,
  RestTransportFactory,
  TenantTransportDecorator,
  type Transport,
} from '@a2a-js/sdk/client';
import type { Agent } from '../agent.ts';
import type { AgentInterface } from './card.ts';
import { agentFetch } from './fetch.ts';

/** The SDK's client for one agent, spoken to as its card says. */
export interface AgentClient {
  readonly client: Client;
  /** Whether the agent streams, as its card says. */
  readonly streams: boolean;
  /** Goes with each call: the bearer token that is configured for the interface's origin. */
  readonly serviceParameters: Record<string, string>;
  close(): void;
}

/**
 * Makes the client. gRPC is loaded when an agent asks for it: most do not.
 * @throws CodedError `ORIGIN_FORBIDDEN`, `REVIEWER_UNAVAILABLE`.
 */
export async function openClient(
  agent: Agent,
  card: AgentCard,
  { binding, url, tenant }: AgentInterface,
  now: () => number,
): Promise<AgentClient> {
  const token = agent.tokenFor(url);
  const { transport, close } = await openTransport(agent, card, binding, url, now);
  const spoken = tenant === '' ? transport : new TenantTransportDecorator(transport, tenant);
  return {
    // Polling: a message is answered with its task at once, so that the task can be cancelled.
    client: new Client(spoken, card, { polling: true }),
    streams: card.capabilities?.streaming === true,
    serviceParameters: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    close,
  };
}

async function openTransport(
  agent: Agent,
  card: AgentCard,
  binding: AgentInterface['binding'],
  url: URL,
  now: () => number,
): Promise<{ readonly transport: Transport; readonly close: () => void }> {
  if (binding === 'GRPC') {
    const { closeTransport, grpcConnection } = await import('./grpc.ts');
    const { factory, target } = await grpcConnection(agent, url);
    const transport = await factory.create(target, card);
    return { transport, close: () => closeTransport(transport) };
  }
  const fetchImpl = agentFetch(agent, url.origin, binding, now);
  const factory =
    binding === 'JSONRPC'
      ? new JsonRpcTransportFactory({ fetchImpl })
      : new RestTransportFactory({ fetchImpl });
  return { transport: await factory.create(url.href, card), close: () => {} };
}
