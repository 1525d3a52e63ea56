import type { A2ARequestHandler } from '@a2a-js/sdk/server';
import { A2AService, grpcService, UserBuilder } from '@a2a-js/sdk/server/grpc';
import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { CodedError } from '../../crds/errors.ts';
import { carriesToken } from './bearer.ts';

/** A2A over gRPC. */
export interface GrpcServer {
  /** The port that it listens on, also when 0 was asked for. */
  readonly port: number;
  /** Stops listening, lets calls in flight end for at most `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}

/** How A2A is served over gRPC. */
export interface GrpcOptions {
  readonly handler: A2ARequestHandler;
  /** 0 is any free one. */
  readonly port: number;
  /** Every interface when absent. */
  readonly host?: string;
  /** A longer message is refused, bytes. */
  readonly maxMessageBytes: number;
  /** Asked of every call when set. */
  readonly token?: string;
}

/**
 * Serves A2A over gRPC, unencrypted, as Services within a cluster are.
 * @throws CodedError `CONFIG_INVALID` when it cannot listen
 */
export async function serveGrpc(options: GrpcOptions): Promise<GrpcServer> {
  const { handler, port, host = '::', maxMessageBytes, token } = options;
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': 64,
    ...(token === undefined ? {} : { interceptors: [authenticated(token)] }),
  });
  server.addService(A2AService, {
    ...grpcService({ requestHandler: handler, userBuilder: UserBuilder.noAuthentication }),
  });
  const bound = await new Promise<number>((resolve, reject) => {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, at) => {
      if (error === null) resolve(at);
      else reject(new CodedError('CONFIG_INVALID', `gRPC cannot listen on ${address}`, { cause: error }));
    });
  });
  return {
    port: bound,
    close: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), graceMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

function authenticated(token: string): ServerInterceptor {
  return (_, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        const listener = new ServerListenerBuilder()
          .withOnReceiveMetadata((metadata, proceed) => {
            const [given] = metadata.get('authorization');
            if (carriesToken(given?.toString(), token)) proceed(metadata);
            else call.sendStatus({ code: status.UNAUTHENTICATED, details: 'a bearer token is asked for' });
          })
          .build();
        next(listener);
      },
    });
}
