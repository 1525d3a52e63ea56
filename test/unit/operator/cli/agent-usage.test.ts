import { expect } from 'chai';
import { parseCommand } from '../../../../operator/cli/usage.ts';
import { UsageError } from '../../../../operator/cli/usage-error.ts';

describe('the command agent', () => {
  it('has its documented defaults', () => {
    expect(parseCommand(['agent'])).to.deep.equal({
      kind: 'agent',
      port: 8080,
      grpcPort: 8081,
      sinceSeconds: 600,
      waitSeconds: 30,
      timeoutSeconds: 110,
      concurrency: 2,
      cluster: {},
    });
  });

  it('takes every flag', () => {
    const args =
      '--port 1 --grpc-port none --host ::1 --url http://agent:8080/ --since 60 --wait 0 --timeout 20 --concurrency 4 --config c.yaml --log-level debug --kubeconfig k --context x';
    expect(parseCommand(['agent', ...args.split(' ')])).to.deep.equal({
      kind: 'agent',
      port: 1,
      host: '::1',
      url: 'http://agent:8080',
      sinceSeconds: 60,
      waitSeconds: 0,
      timeoutSeconds: 20,
      concurrency: 4,
      config: 'c.yaml',
      logLevel: 'debug',
      cluster: { kubeconfig: 'k', context: 'x' },
    });
  });

  for (const [args, problem] of [
    ['extra', 'extra is too many'],
    ['--port 70000', '--port 70000 is not a port'],
    ['--grpc-port x', '--grpc-port x is not a port'],
    ['--url ftp://x', '--url must be an http or https URL'],
    ['--grpc-address agent:1', '--grpc-address needs --url'],
    ['--url http://a --grpc-address http://a:1', '--grpc-address must be HOST:PORT'],
    ['--timeout 0', '--timeout must be a whole number'],
    ['--prot 1', 'unknown flag --prot'],
  ] as const) {
    it(`refuses ${args}`, () => {
      expect(() => parseCommand(['agent', ...args.split(' ')])).to.throw(UsageError, problem);
    });
  }

  it('tells how it is used', () => {
    const command = parseCommand(['agent', '--help']);
    expect(command.kind === 'help' && command.text).to.contain('POST /a2a/analyze');
  });
});
