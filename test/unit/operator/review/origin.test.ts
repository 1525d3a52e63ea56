import { expect } from 'chai';
import fc from 'fast-check';
import { CodedError } from '../../../../crds/errors.ts';
import { exchange } from '../../../../operator/review/http.ts';
import {
  allowedURL,
  credentialFor,
  type OriginPolicy,
  vetAddress,
} from '../../../../operator/review/origin.ts';
import { startHttpDouble } from '../../../lab/doubles/http-double.ts';

const policy: OriginPolicy = {
  configured: ['https://llm.example.com/v1', 'http://127.0.0.1:8080', 'http://169.254.169.254'],
  serviceNamespaces: ['argo-rollouts', 'shop', 'svc'],
};

function refusalOf(call: () => unknown): CodedError {
  try {
    call();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
  throw new Error('it was allowed');
}

describe('the origins that may be called', () => {
  for (const url of [
    'https://llm.example.com',
    'https://LLM.example.com:443/other/path',
    'http://127.0.0.1:8080/a2a',
    'http://kubernetes-agent.argo-rollouts.svc:8080',
    'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080',
    'http://agent-0.agent.shop.svc.cluster.local.',
    'http://agent.svc.svc',
  ]) {
    it(`include ${url}`, () => {
      expect(allowedURL(url, policy).href).to.equal(new URL(url).href);
    });
  }

  for (const [url, message] of [
    ['nonsense', /does not parse/],
    ['ftp://llm.example.com/', /ftp:\/\/ may not be called; use http or https/],
    ['file:///etc/passwd', /file:\/\/ may not be called/],
    ['https://user@llm.example.com/', /holds user info/],
    ['https://:hunter2@llm.example.com/', /holds user info/],
    ['http://llm.example.com/', /http:\/\/llm\.example\.com is not an origin.*reviewers\.allowedOrigins/],
    ['https://llm.example.com:8443/', /is not an origin/],
    ['https://llm.example.com.evil.example/', /is not an origin/],
    ['http://agent.kube-system.svc/', /is not an origin/],
    ['http://agent.shop.svc.evil.example/', /is not an origin/],
    ['http://shop.svc/', /is not an origin/],
    ['http://kubernetes-agent:8080/', /is not an origin/],
    ['http://169.254.169.254/latest/meta-data/', /link-local or cloud metadata address/],
    ['http://2852039166/', /link-local or cloud metadata address/],
    ['http://0xa9.0xfe.0xa9.0xfe/', /link-local or cloud metadata address/],
    ['http://[fe80::1]/', /link-local or cloud metadata address/],
    ['http://[::ffff:169.254.169.254]/', /link-local or cloud metadata address/],
    ['http://[64:ff9b::a9fe:a9fe]/', /link-local or cloud metadata address/],
    ['http://[fd00:ec2::254]/', /link-local or cloud metadata address/],
    ['http://[fd00:ec2::23]/', /link-local or cloud metadata address/],
    ['http://metadata.google.internal/', /link-local or cloud metadata address/],
    ['http://METADATA.google.internal./', /link-local or cloud metadata address/],
  ] as const) {
    it(`do not include ${url}`, () => {
      const error = refusalOf(() => allowedURL(url, policy));
      expect(error.code).to.equal('ORIGIN_FORBIDDEN');
      expect(error.message).to.match(message).and.not.to.contain('hunter2');
    });
  }

  it('never include an address of 169.254.0.0/16, however it is written', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, (third, fourth) => {
        const number = 0xa9fe0000 + third * 256 + fourth;
        const hex = `${(0xa9fe).toString(16)}:${(third * 256 + fourth).toString(16)}`;
        for (const host of [
          `169.254.${third}.${fourth}`,
          String(number),
          `[::ffff:${hex}]`,
          `[64:ff9b::${hex}]`,
          `[64:ff9b:1::${hex}]`,
          `[64:ff9b:1:a9fe:${third.toString(16)}:${(fourth * 256).toString(16)}::]`,
          `[2002:${hex}::1]`,
        ]) {
          const url = `http://${host}/`;
          const anything = { ...policy, configured: [url] };
          expect(refusalOf(() => allowedURL(url, anything)).message).to.match(/link-local/);
        }
      }),
    );
  });

  it('do not include a Service that resolves to the operator itself', () => {
    const url = new URL('http://agent.shop.svc/');
    expect(refusalOf(() => vetAddress('127.0.0.1', url, policy)).message).to.contain('the operator itself');
    expect(refusalOf(() => vetAddress('::1', url, policy)).message).to.contain('the operator itself');
    expect(() => vetAddress('10.0.0.7', url, policy)).not.to.throw();
    expect(() => vetAddress('127.0.0.1', new URL('http://127.0.0.1:8080/x'), policy)).not.to.throw();
  });

  it('tie a credential to one origin', () => {
    const credentials = [{ origin: 'https://llm.example.com/v1', secret: 's' }];
    expect(credentialFor(new URL('https://llm.example.com/other'), credentials)).to.equal('s');
    expect(credentialFor(new URL('http://llm.example.com/'), credentials)).to.equal(undefined);
    expect(credentialFor(new URL('https://llm.example.com:444/'), credentials)).to.equal(undefined);
  });
});

describe('a request to a name', () => {
  const ask = (url: string, addresses: readonly string[]) =>
    exchange(
      { method: 'GET', url: new URL(url), signal: new AbortController().signal, maxBytes: 1000 },
      {
        resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        vetAddress: (address, target) =>
          vetAddress(address, target, { ...policy, configured: [new URL(url).origin] }),
      },
    );

  it('goes to the address that was vetted', async () => {
    const double = await startHttpDouble(() => ({ body: 'here' }));
    try {
      const answer = await ask(`http://agent.shop.svc:${new URL(double.url).port}/`, ['127.0.0.1']);
      expect(answer.text).to.equal('here');
    } finally {
      await double.close();
    }
  });

  it('goes nowhere when one of its addresses is a metadata address', async () => {
    const error = await ask('http://agent.shop.svc/', ['127.0.0.1', '169.254.169.254']).then(
      () => undefined,
      (reason: unknown) => reason as CodedError,
    );
    expect(error?.code).to.equal('ORIGIN_FORBIDDEN');
  });

  it('fails when there is no such name', async () => {
    const error = await ask('http://agent.shop.svc/', []).then(
      () => undefined,
      (reason: unknown) => reason as CodedError,
    );
    expect(error?.code).to.equal('REVIEWER_UNAVAILABLE');
    expect(error?.message).to.match(/ENOTFOUND$/);
  });
});
