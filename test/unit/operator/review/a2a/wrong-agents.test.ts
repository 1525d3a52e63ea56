import { expect } from 'chai';
import { CodedError } from '../../../../../crds/errors.ts';
import type { Policy } from '../../../../../crds/v1alpha1/spec.ts';
import { BUILT_IN_POLICY, decide } from '../../../../../operator/judge/index.ts';
import { silentLogger } from '../../../../../operator/kernel/logger.ts';
import { askReviewers, createReviewer, Endpoints } from '../../../../../operator/review/index.ts';
import { type A2AAgentDouble, startA2AAgentDouble } from '../../../../lab/doubles/a2a-agent.ts';
import type { PlainAnswer } from '../../../../lab/doubles/a2a-http.ts';
import { type Answer, type HttpDouble, startHttpDouble } from '../../../../lab/doubles/http-double.ts';
import { reviewConfig, reviewRequest } from '../fixtures.ts';

const CARD_PATH = '/.well-known/agent-card.json';
const SECRET = 'a text that nobody may see';
const FAILED = /^A2A agent analysis failed: Failed to analyze with kubernetes-agent/;
const UNHEALTHY = /^Kubernetes Agent health check failed: agent health check failed at http/;

/** What the policy of the second dialect makes of it. */
const STRICT = { ...BUILT_IN_POLICY, onReviewerUnavailable: 'Error' } satisfies Policy;

describe('an agent that does not do what it should', () => {
  let agent: A2AAgentDouble;
  let raw: HttpDouble | undefined;
  beforeEach(async () => {
    agent = await startA2AAgentDouble({ bindings: ['JSONRPC'] });
  });
  afterEach(async () => {
    await agent.close();
    await raw?.close();
    raw = undefined;
  });

  /** Asks the agent about a clean canary, and lets the judge decide. */
  async function outcome(url: string, timeoutSeconds = 5) {
    const config = reviewConfig({ a2a: { url } });
    const request = reviewRequest({ stableSelector: 'role=stable', canarySelector: 'role=canary' });
    const clean = {
      ...request,
      assessed: { ...request.assessed, assessment: 'Clean' as const, findings: [] },
    };
    const review = await askReviewers([createReviewer({ a2a: {}, timeoutSeconds }, config)], clean, {
      signal: new AbortController().signal,
      clock: config.clock,
      logger: silentLogger,
    });
    return {
      review,
      lenient: decide(clean.assessed, review, BUILT_IN_POLICY),
      strict: decide(clean.assessed, review, STRICT),
    };
  }

  async function hasNoOpinion(url: string, message: RegExp): Promise<void> {
    const { review, lenient, strict } = await outcome(url);
    expect(review.kind).to.equal('unavailable');
    const [cause] = review.kind === 'unavailable' ? review.causes : [];
    expect(cause?.message).to.match(message).and.not.contain(SECRET);
    expect(lenient).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
    expect(strict).to.include({ verdict: 'Error', reason: 'ReviewerUnavailable' });
    expect(strict.message).to.contain(cause?.message.slice(0, 60));
  }

  /** An agent that has a good card and answers its JSON-RPC interface with this. */
  async function answering(answer: Answer | ((path: string) => Answer)): Promise<string> {
    raw = await startHttpDouble(({ path }) => {
      if (path === '/a2a/health') return { body: { status: 'healthy' } };
      if (path === CARD_PATH) {
        const one = { url: `${raw?.url}/rpc`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' };
        return { body: { name: 'raw', supportedInterfaces: [one], capabilities: { streaming: false } } };
      }
      return typeof answer === 'function' ? answer(path) : answer;
    });
    return raw.url;
  }

  it('promotes where it does: the others differ in what they answer alone', async () => {
    const { review, strict } = await outcome(agent.url);
    expect(review.kind).to.equal('opinion');
    expect(strict).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
  });

  const ANSWERS: readonly (readonly [string, Answer, RegExp])[] = [
    ['500', { status: 500, body: SECRET }, /the server failed \(HTTP 500\)$/],
    [
      '503 that asks to wait for longer than there is time',
      { status: 503, headers: { 'retry-after': '600' } },
      /HTTP 503/,
    ],
    [
      '429 that asks to wait for longer than there is time',
      { status: 429, headers: { 'retry-after': '600' } },
      /it asks to wait 600 s/,
    ],
    ['401', { status: 401, body: SECRET }, /authentication failed; check the credential \(HTTP 401\)$/],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://localhost:1/' } },
      /redirect, which is not followed/,
    ],
    [
      'a redirect to a metadata address',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      /redirect, which is not followed/,
    ],
    ['a reset', { fault: 'reset' }, /gave no answer: ECONNRESET$/],
    ['half a body', { fault: 'truncate', body: { jsonrpc: '2.0', id: 1, result: {} } }, /gave no answer/],
    ['nothing', { body: '' }, /its answer is not one of A2A$/],
    ['invalid JSON', { body: `{"${SECRET}` }, /its answer is not one of A2A$/],
    ['HTML', { body: `<html>${SECRET}</html>`, headers: { 'content-type': 'text/html' } }, /not one of A2A$/],
    [
      'JSON that is not JSON-RPC',
      { body: { promote: true, confidence: 100 } },
      /its answer is not one of A2A$/,
    ],
    [
      'an answer to another request',
      { body: { jsonrpc: '2.0', id: 99, result: {} } },
      /its answer is not one of A2A$/,
    ],
    ['no payload', { body: { jsonrpc: '2.0', id: 1, result: {} } }, /its answer is not one of A2A$/],
    [
      'a task in no state',
      { body: { jsonrpc: '2.0', id: 1, result: { task: { id: '' } } } },
      /its own analysis failed|ended without an answer|not one of A2A/,
    ],
    [
      'an error of its own',
      { body: { jsonrpc: '2.0', id: 1, error: { code: -32603, message: SECRET } } },
      /it refused the request \(INTERNAL_ERROR\)$/,
    ],
    [
      'an error over its API key',
      { body: { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'API key not valid' } } },
      /authentication failed: check the API key in the agent's Secret$/,
    ],
    ['10 MiB', { body: 'x'.repeat(10 * 1024 * 1024) }, /answered more than 4194304 bytes$/],
  ];
  for (const [cause, answer, message] of ANSWERS) {
    it(`has no opinion after ${cause}`, async () => {
      await hasNoOpinion(await answering(answer), message);
    });
  }

  it('is asked again after 429, and promotes then', async () => {
    let refused = 0;
    agent.intercept = ({ path }): PlainAnswer | undefined => {
      if (path !== '/rpc' || refused > 0) return undefined;
      refused += 1;
      return { status: 429, json: {} };
    };
    expect((await outcome(agent.url)).strict.verdict).to.equal('Promote');
    expect(refused).to.equal(1);
  });

  for (const fault of ['hang', 'stall'] as const) {
    it(`has no opinion when its time is over (${fault})`, async () => {
      const url = await answering({ fault, body: { jsonrpc: '2.0', id: 1, result: {} } });
      const { review, strict } = await outcome(url, 1);
      expect(review.kind === 'unavailable' && review.causes[0]?.message).to.equal(
        'A2A agent analysis failed: Failed to analyze with kubernetes-agent: context deadline exceeded after 1 s',
      );
      expect(strict.verdict).to.equal('Error');
    });
  }

  describe('by its card', () => {
    const one = { url: 'http://127.0.0.1:1/rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0' };
    const CARDS: readonly (readonly [string, PlainAnswer, RegExp])[] = [
      ['with status 500', { status: 500, json: SECRET }, UNHEALTHY],
      [
        'with status 302',
        { status: 302, headers: { location: 'http://169.254.169.254/' }, json: {} },
        UNHEALTHY,
      ],
      ['with status 401', { status: 401, json: {} }, /authentication failed/],
      [
        'that is a list',
        { status: 200, json: [] },
        /is not an agent card that can be used: the card must be object$/,
      ],
      ['without a name', { status: 200, json: { supportedInterfaces: [one] } }, /required property 'name'$/],
      [
        'without interfaces',
        { status: 200, json: { name: 'x', supportedInterfaces: [] } },
        /must NOT have fewer than 1 items$/,
      ],
      [
        'with words for interfaces',
        { status: 200, json: { name: 'x', supportedInterfaces: SECRET } },
        /supportedInterfaces must be array$/,
      ],
      [
        'without a URL',
        { status: 200, json: { name: 'x', supportedInterfaces: [{ protocolBinding: 'JSONRPC' }] } },
        /required property 'url'$/,
      ],
      [
        'with another binding',
        { status: 200, json: { name: 'x', supportedInterfaces: [{ ...one, protocolBinding: 'SOAP' }] } },
        /offers none of JSONRPC, HTTP\+JSON, GRPC in protocol version 1\.0$/,
      ],
      [
        'with another version',
        { status: 200, json: { name: 'x', supportedInterfaces: [{ ...one, protocolVersion: '2.0' }] } },
        /in protocol version 1\.0$/,
      ],
      [
        'that points to another origin',
        {
          status: 200,
          json: { name: 'x', supportedInterfaces: [{ ...one, url: 'https://elsewhere.example.com/' }] },
        },
        /points elsewhere: https:\/\/elsewhere\.example\.com is not an origin that this operator may call/,
      ],
      [
        'that points to a metadata address',
        {
          status: 200,
          json: { name: 'x', supportedInterfaces: [{ ...one, url: 'http://169.254.169.254/a2a' }] },
        },
        /points elsewhere: http:\/\/169\.254\.169\.254 is a link-local or cloud metadata address/,
      ],
      [
        'that points to a file',
        { status: 200, json: { name: 'x', supportedInterfaces: [{ ...one, url: 'file:///etc/passwd' }] } },
        /points elsewhere: file:\/\/ may not be called/,
      ],
      [
        'that points to a socket over gRPC',
        {
          status: 200,
          json: {
            name: 'x',
            supportedInterfaces: [{ ...one, protocolBinding: 'GRPC', url: 'unix:/run/x.sock' }],
          },
        },
        /points elsewhere: unix:\/\/ may not be called/,
      ],
      [
        'that points to another host over gRPC',
        {
          status: 200,
          json: {
            name: 'x',
            supportedInterfaces: [{ ...one, protocolBinding: 'GRPC', url: 'metadata.google.internal:443' }],
          },
        },
        /is a link-local or cloud metadata address/,
      ],
      [
        'with user info',
        {
          status: 200,
          json: { name: 'x', supportedInterfaces: [{ ...one, url: 'http://u:p@127.0.0.1:1/' }] },
        },
        /holds user info/,
      ],
    ];
    for (const [what, card, message] of CARDS) {
      it(`has no opinion with one ${what}`, async () => {
        agent.intercept = ({ path }) => (path === CARD_PATH ? card : undefined);
        await hasNoOpinion(agent.url, message);
        expect(agent.messages).to.deep.equal([]);
      });
    }

    it('promotes when only the first request for it fails', async () => {
      let asked = 0;
      agent.intercept = ({ path }) => {
        if (path !== CARD_PATH || asked++ > 0) return undefined;
        return { status: 503, json: {} };
      };
      expect((await outcome(agent.url)).strict.verdict).to.equal('Promote');
      expect(asked).to.equal(2);
    });

    it('has no opinion with one of 10 MiB', async () => {
      agent.intercept = ({ path }) =>
        path === CARD_PATH ? { status: 200, json: { name: 'x'.repeat(10 * 1024 * 1024) } } : undefined;
      await hasNoOpinion(agent.url, /answered more than 262144 bytes/);
    });

    it('is spoken to by the first interface that may be called', async () => {
      agent.card.supportedInterfaces.unshift({
        url: 'https://elsewhere.example.com/rpc',
        protocolBinding: 'JSONRPC',
        tenant: '',
        protocolVersion: '1.0',
      });
      expect((await outcome(agent.url)).strict.verdict).to.equal('Promote');
    });

    it('needs none where health is told: its REST interface is asked then, and is not there', async () => {
      agent.intercept = ({ path }) => {
        if (path === '/a2a/health') return { status: 200, json: { status: 'healthy' } };
        return path === CARD_PATH ? { status: 404, json: {} } : undefined;
      };
      await hasNoOpinion(agent.url, /it refused the request \(HTTP 404\)$/);
    });

    it('is not there without card and health', async () => {
      agent.intercept = ({ path }) => (path === CARD_PATH ? { status: 404, json: {} } : undefined);
      await hasNoOpinion(agent.url, UNHEALTHY);
    });
  });

  describe('in its stream', () => {
    const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
    const STREAMS: readonly (readonly [string, string, string, RegExp])[] = [
      ['JSONRPC', 'words', `data: ${SECRET}\n\n`, /its answer is not one of A2A$/],
      [
        'JSONRPC',
        'an event of another request',
        event({ jsonrpc: '2.0', id: 9, result: {} }),
        /not one of A2A$/,
      ],
      ['JSONRPC', 'no event', ': nothing\n\n', /it ended without an answer$/],
      ['HTTP+JSON', 'words', `data: ${SECRET}\n\n`, /not an event of A2A$/],
      ['HTTP+JSON', 'null', 'data: null\n\n', /not an event of A2A$/],
      [
        'HTTP+JSON',
        'artifacts of nothing',
        event({ task: { id: 'x', artifacts: [null] } }),
        /not an event of A2A$/,
      ],
      ['HTTP+JSON', 'half an event', 'data: {"task":', /ended its stream within an event$/],
      [
        'HTTP+JSON',
        'an error',
        `event: error\ndata: {"error":{"code":500,"message":"${SECRET}"}}\n\n`,
        /it refused the request/,
      ],
    ];
    for (const [binding, what, text, message] of STREAMS) {
      it(`has no opinion after ${what} over ${binding}, and writes nothing of it to the console`, async () => {
        raw = await startHttpDouble(({ path }) => {
          if (path === '/a2a/health') return { body: {} };
          if (path !== CARD_PATH) return { body: text, headers: { 'content-type': 'text/event-stream' } };
          const where = { url: `${raw?.url}/a2a`, protocolBinding: binding, protocolVersion: '1.0' };
          return { body: { name: 'raw', supportedInterfaces: [where], capabilities: { streaming: true } } };
        });
        const written: unknown[] = [];
        const { error } = console;
        console.error = (...args: unknown[]) => written.push(args);
        try {
          await hasNoOpinion(raw.url, message);
        } finally {
          console.error = error;
        }
        expect(written).to.deep.equal([]);
      });
    }
  });

  it('is not asked for a while after it failed again and again, and the record says so', async () => {
    const url = await answering({ status: 500 });
    const { clock, ...rest } = reviewConfig({ a2a: { url } });
    const config = { ...rest, clock, endpoints: new Endpoints(clock, { circuitFailures: 2 }) };
    const messages: string[] = [];
    for (let time = 0; time < 3; time += 1) {
      const reviewer = createReviewer({ a2a: {}, timeoutSeconds: 5 }, config);
      const error = await reviewer
        .review(reviewRequest(), { signal: new AbortController().signal })
        .catch((reason: unknown) => reason);
      messages.push((error as CodedError).message);
    }
    expect(messages[1]).to.match(FAILED);
    expect(messages[2])
      .to.match(FAILED)
      .and.match(/the server failed \(HTTP 500\); after 2 failures in a row it is not asked again for 30 s$/);
    expect(raw?.requests.filter(({ path }) => path === '/rpc')).to.have.length(2);
  });

  for (const [what, answer] of [
    ['a refusal', { status: 400 }],
    ['a redirect', { status: 302, headers: { location: 'http://localhost:1/' } }],
    [
      'an error over what it was sent',
      { body: { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'no' } } },
    ],
    [
      'a task that it rejects',
      {
        body: {
          jsonrpc: '2.0',
          id: 1,
          result: { task: { id: 'x', status: { state: 'TASK_STATE_REJECTED' } } },
        },
      },
    ],
    [
      'a task that failed',
      {
        body: {
          jsonrpc: '2.0',
          id: 1,
          result: { task: { id: 'x', status: { state: 'TASK_STATE_FAILED' } } },
        },
      },
    ],
  ] as readonly (readonly [string, Answer])[]) {
    it(`is asked again by others after ${what}`, async () => {
      const { clock, ...rest } = reviewConfig({ a2a: { url: await answering(answer) } });
      const endpoints = new Endpoints(clock, { circuitFailures: 1 });
      const error = await createReviewer({ a2a: {}, timeoutSeconds: 5 }, { ...rest, clock, endpoints })
        .review(reviewRequest(), { signal: new AbortController().signal })
        .catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'REVIEWER_UNAVAILABLE');
      expect(endpoints.circuits()).to.deep.equal([{ kind: 'a2a', state: 'closed', count: 1 }]);
    });
  }

  it('names the documented failure in every message', async () => {
    const url = await answering({ status: 500 });
    const { review } = await outcome(url);
    expect(review.kind === 'unavailable' && review.causes[0]?.message).to.match(FAILED);
  });

  it('is refused where its name leads to the machine itself', async () => {
    const config = reviewConfig({
      a2a: { url: 'http://127.0.0.1:1' },
      serviceNamespaces: ['agents'],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const url = `http://agent.agents.svc:${new URL(agent.url).port}`;
    const error = await createReviewer({ a2a: { url } }, config)
      .review(reviewRequest(), { signal: new AbortController().signal })
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(CodedError).and.have.property('code', 'ORIGIN_FORBIDDEN');
  });

  it('is refused where the name of its gRPC interface leads to the machine itself', async () => {
    agent.card.supportedInterfaces = [
      { url: 'agent.agents.svc:8081', protocolBinding: 'GRPC', tenant: '', protocolVersion: '1.0' },
    ];
    const config = reviewConfig({
      a2a: { url: agent.url },
      serviceNamespaces: ['agents'],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const error = await createReviewer({ a2a: {} }, config)
      .review(reviewRequest(), { signal: new AbortController().signal })
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(CodedError).and.have.property('code', 'ORIGIN_FORBIDDEN');
  });
});
