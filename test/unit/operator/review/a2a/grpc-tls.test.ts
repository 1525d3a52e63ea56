import { A2AService } from '@a2a-js/sdk/server/grpc';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { closeTransport, grpcConnection } from '../../../../../operator/review/a2a/grpc.ts';
import { openAgent } from '../../../../../operator/review/agent.ts';
import { selfSignedCertificate } from '../../../../lab/certificate.ts';
import { reviewConfig } from '../fixtures.ts';

/** An agent over gRPC with TLS, whose certificate is for `localhost`. */
describe('gRPC to an agent with a certificate', () => {
  let server: Server;
  let port: number;
  let authority: Buffer;
  let authorities: string[];
  before(async () => {
    const { cert, key } = selfSignedCertificate('localhost', new Date());
    authority = Buffer.from(cert);
    authorities = [];
    server = new Server();
    server.addService(A2AService, {
      getTask: (call: { readonly getHost: () => string }, callback: (error: null, task: unknown) => void) => {
        authorities.push(call.getHost());
        callback(null, {
          id: 'T',
          contextId: '',
          status: undefined,
          artifacts: [],
          history: [],
          metadata: undefined,
        });
      },
    });
    port = await new Promise((resolve, reject) => {
      const pair = [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }];
      server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, pair), (error, at) =>
        error === null ? resolve(at) : reject(error),
      );
    });
  });
  after(() => server.forceShutdown());

  async function getTask(host: string) {
    const url = new URL(`https://${host}:${port}`);
    const config = reviewConfig({
      a2a: { url: url.href },
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const { factory, target } = await grpcConnection(openAgent(url.href, 'shop', config), url, authority);
    const transport = await factory.create(target, {} as never);
    try {
      return await transport.getTask({ tenant: '', id: 'T' }, { signal: AbortSignal.timeout(5000) });
    } finally {
      closeTransport(transport);
    }
  }

  it('is made to the vetted address under the name of its URL', async () => {
    expect(await getTask('localhost')).to.have.property('id', 'T');
    expect(authorities).to.deep.equal([`localhost:${port}`]);
  });

  it('is refused where the certificate is for another name', async () => {
    const error = await getTask('agent.example.com').catch((reason: unknown) => reason);
    expect(error).to.have.property('status', 14);
    expect(authorities).to.have.length(1);
  });
});
