import { isIP } from 'node:net';
import type { TransportFactory } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { ChannelCredentials, credentials } from '@grpc/grpc-js';
import { CodedError } from '../../../crds/errors.ts';
import type { Agent } from '../agent.ts';

/** An A2A transport over gRPC to one agent, and its end. */
export interface GrpcConnection {
  readonly factory: TransportFactory;
  /** What the transport is created with: addresses that were vetted, and no name to resolve once more. */
  readonly target: string;
}

/**
 * Resolves and vets the agent's addresses and prepares the SDK's gRPC transport to connect to these alone, under the
 * agent's own name: as `:authority`, and as the name that its certificate must have.
 * @param authorities PEM, trusted instead of Node's own (`NODE_EXTRA_CA_CERTS` among them)
 * @throws CodedError `REVIEWER_UNAVAILABLE` when the name does not resolve, `ORIGIN_FORBIDDEN`.
 */
export async function grpcConnection(agent: Agent, url: URL, authorities?: Buffer): Promise<GrpcConnection> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? '443' : '80') : url.port;
  const addresses = isIP(host) === 0 ? await resolved(agent, host, url) : [host];
  const family = isIP(addresses[0] ?? '');
  const targets = addresses
    .filter((address) => isIP(address) === family)
    .map((address) => (family === 6 ? `[${address}]:${port}` : `${address}:${port}`));
  return {
    factory: new GrpcTransportFactory({
      grpcChannelCredentials: secure ? new NamedCredentials(host, authorities) : credentials.createInsecure(),
      grpcCallOptions: { host: `${url.hostname}:${port}` },
    }),
    target: `ipv${family}:${targets.join(',')}`,
  };
}

async function resolved(agent: Agent, host: string, url: URL): Promise<string[]> {
  const found = await agent.http.resolve(host).catch((error: unknown) => {
    throw new CodedError('REVIEWER_UNAVAILABLE', `${url.origin} gave no answer: its name does not resolve`, {
      cause: error,
    });
  });
  for (const { address } of found) agent.http.vetAddress(address, url);
  if (found.length === 0) {
    throw new CodedError('REVIEWER_UNAVAILABLE', `${url.origin} gave no answer: its name has no address`);
  }
  return found.map(({ address }) => address);
}

/** TLS with a server that is connected to by address and known by name. */
class NamedCredentials extends ChannelCredentials {
  readonly #host: string;
  readonly #tls: ChannelCredentials;

  constructor(host: string, authorities: Buffer | undefined) {
    super();
    this.#host = host;
    this.#tls = credentials.createSsl(authorities);
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    ...[target, options, calls]: Parameters<ChannelCredentials['_createSecureConnector']>
  ): ReturnType<ChannelCredentials['_createSecureConnector']> {
    const named =
      isIP(this.#host) === 0 ? { ...options, 'grpc.ssl_target_name_override': this.#host } : options;
    return this.#tls._createSecureConnector(target, named, calls);
  }
}

/** Ends a gRPC transport's channel, which the SDK keeps to itself; other transports hold no connection. */
export function closeTransport(transport: object): void {
  const { grpcClient } = transport as { readonly grpcClient?: { readonly close?: unknown } };
  if (typeof grpcClient?.close === 'function') grpcClient.close();
}
