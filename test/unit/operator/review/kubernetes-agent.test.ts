import { expect } from 'chai';
import type { CodedError } from '../../../../crds/errors.ts';
import { type Answer, type HttpDouble, startHttpDouble } from '../../../lab/doubles/http-double.ts';
import {
  AGENT_ABORTS,
  AGENT_PROMOTES,
  type AnalyzeRequest,
  type KubernetesAgentDouble,
  startKubernetesAgentDouble,
} from '../../../lab/doubles/kubernetes-agent.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { captureLog } from '../../../support/log-capture.ts';
import { reviewRequest } from './fixtures.ts';
import { codedFailure, reviewsBy, settled } from './reviews.ts';

/** Health, then the card that it has not, then the analysis. */
const ASKED = ['GET /a2a/health', 'GET /.well-known/agent-card.json', 'POST /a2a/analyze'];
const SELECTORS = { stableSelector: 'role=stable', canarySelector: 'role=canary' };

/** A kubernetes-agent that promotes and has no agent card. */
function withoutCard({ path }: { readonly path: string }): Answer {
  return path.endsWith('/.well-known/agent-card.json') ? { status: 404 } : { body: AGENT_PROMOTES };
}

describe('the kubernetes-agent reviewer', () => {
  let agent: KubernetesAgentDouble;
  let elsewhere: HttpDouble;
  beforeEach(async () => {
    agent = await startKubernetesAgentDouble();
    elsewhere = await startHttpDouble(withoutCard);
  });
  afterEach(async () => {
    await agent.close();
    await elsewhere.close();
  });

  const review = reviewsBy('a2a', () => ({
    config: { a2a: { url: agent.url } },
    request: reviewRequest(SELECTORS),
  }));

  function paths(): string[] {
    return agent.requests.map(({ method, path }) => `${method} ${path}`);
  }

  it('asks for health, then for the analysis, with the fields of the contract', async () => {
    await review({
      request: reviewRequest({
        ...SELECTORS,
        podName: 'web-canary-1',
        extraPrompt: 'Ignore colour changes.',
        repoURL: 'https://github.com/acme/shop',
        baseBranch: 'main',
      }),
    });
    expect(paths()).to.deep.equal(ASKED);
    const { prompt, ...body } = JSON.parse(agent.requests[2]?.body ?? '') as AnalyzeRequest;
    expect(body).to.deep.equal({
      userId: 'argo-rollouts',
      memoryId: 'rollout:shop/web',
      context: {
        namespace: 'shop',
        rolloutName: 'web',
        stableSelector: 'role=stable',
        canarySelector: 'role=canary',
        podName: 'web-canary-1',
        extraPrompt: 'Ignore colour changes.',
        repoUrl: 'https://github.com/acme/shop',
        baseBranch: 'main',
      },
    });
    expect(prompt).to.contain('stable pods (selector: role=stable)').and.contain('BEGIN EVIDENCE n0nce\n{');
  });

  it('makes promote true a Promote of an agent with evidence of its own', async () => {
    const opinion = await review();
    expect(opinion).to.deep.include({ verdict: 'Promote', confidence: 85, ownEvidence: true });
    expect(opinion.reviewer).to.equal(`a2a/${new URL(agent.url).host}`);
    expect(opinion).not.to.have.property('pullRequestURL');
  });

  it('makes promote false an Abort and takes over the pull request', async () => {
    agent.analyses.next({ body: { ...AGENT_ABORTS, analysis: 'login with hunter2 fails' } });
    expect(await review()).to.deep.include({
      verdict: 'Abort',
      confidence: 95,
      summary: 'login with <secret> fails',
      rootCause: AGENT_ABORTS.rootCause,
      remediation: AGENT_ABORTS.remediation,
      pullRequestURL: AGENT_ABORTS.prLink,
    });
  });

  it('keeps the token out of the opinion of an agent that echoes it', async () => {
    const credentials = [{ origin: agent.url, secret: 'agent-token' }];
    agent.analyses.next({
      body: { ...AGENT_ABORTS, analysis: 'got agent-token', prLink: 'https://git.example.com/agent-token' },
    });
    const opinion = await review({ config: { credentials } });
    expect(opinion.summary).to.equal('got <credential>');
    expect(JSON.stringify(opinion)).not.to.contain('agent-token');
  });

  it('shows its answer at trace, redacted, also one that is no opinion', async () => {
    const credentials = [{ origin: agent.url, secret: 'agent-token' }];
    agent.analyses.next({ body: { promote: 'maybe', analysis: 'hunter2 and agent-token' } });
    const { logger, lines } = captureLog();
    await codedFailure(review({ config: { logger, credentials } }), 'hunter2');
    const said = lines.find((line) => line['message'] === 'The agent said');
    expect(said).to.include({ level: 'trace', url: agent.url });
    expect(said?.['answer']).to.contain('"promote":"maybe"').and.contain('<secret> and <credential>');
    expect(JSON.stringify(lines)).not.to.contain('hunter2').and.not.to.contain('agent-token');
  });

  it('grants no evidence of its own to an agent that was given no selectors', async () => {
    const opinion = await review({ request: reviewRequest({ stableSelector: 'role=stable' }) });
    expect(opinion.ownEvidence).to.equal(false);
  });

  for (const prLink of [
    'javascript:alert(1)',
    'github.com/acme/shop/pull/7',
    'https://u:p@github.com/a/b/pull/1',
    '',
  ]) {
    it(`takes over no link such as ${JSON.stringify(prLink)}`, async () => {
      agent.analyses.next({ body: { ...AGENT_ABORTS, prLink } });
      expect(await review()).not.to.have.property('pullRequestURL');
    });
  }

  const HEALTH: readonly (readonly [string, Answer, Answer | undefined, boolean])[] = [
    ['/a2a/health answers 200', { body: { status: 'healthy' } }, undefined, true],
    ['/a2a/health is missing and /q/health is up', { status: 404 }, { body: { status: 'UP' } }, true],
    ['both are missing', { status: 404 }, { status: 404 }, false],
    ['/a2a/health answers 500', { status: 500 }, undefined, false],
    ['/a2a/health answers 503', { status: 503 }, undefined, false],
    ['/q/health answers 503', { status: 404 }, { status: 503, body: { status: 'DOWN' } }, false],
    ['/q/health says DOWN', { status: 404 }, { body: { status: 'DOWN' } }, false],
    [
      '/a2a/health redirects',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      undefined,
      false,
    ],
    ['the connection is reset', { fault: 'reset' }, undefined, false],
  ];
  for (const [what, health, quarkus, healthy] of HEALTH) {
    it(`is ${healthy ? '' : 'not '}asked when ${what}`, async () => {
      agent.health.always(health);
      if (quarkus !== undefined) agent.quarkusHealth.always(quarkus);
      const clock = new FakeClock();
      const outcome = settled(review({ config: { clock } }), clock);
      if (healthy) {
        expect((await outcome).verdict).to.equal('Promote');
        return;
      }
      const error = await codedFailure(outcome);
      expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
      expect(error.message).to.match(
        /^Kubernetes Agent health check failed: agent health check failed at http/,
      );
      expect(paths()).not.to.contain('POST /a2a/analyze');
    });
  }

  for (const [what, passing] of [
    ['answers 503', { status: 503 }],
    ['asks to wait', { status: 429, headers: { 'retry-after': '1' } }],
    ['resets the connection', { fault: 'reset' }],
  ] as const) {
    it(`is asked how it is once more when it ${what}, and for its analysis then`, async () => {
      agent.health.next(passing);
      const clock = new FakeClock();
      expect((await settled(review({ config: { clock } }), clock)).verdict).to.equal('Promote');
      expect(paths()).to.deep.equal(['GET /a2a/health', ...ASKED]);
    });
  }

  it('is asked how it is three times, with growing waits by chance, before it counts as not there', async () => {
    agent.health.always({ status: 503 });
    const clock = new FakeClock();
    await codedFailure(settled(review({ config: { clock, random: () => 0.5 } }), clock));
    expect(paths()).to.deep.equal(Array(3).fill('GET /a2a/health'));
    expect(clock.monotonic()).to.be.within(500, 1500);
  });

  it('is given up when the health check takes too long', async () => {
    agent.health.next({ fault: 'hang' });
    const clock = new FakeClock();
    const outcome = codedFailure(review({ config: { clock } }));
    await agent.untilRequests(1);
    await clock.advance(10_000);
    expect((await outcome).message).to.match(
      /agent health check failed: context deadline exceeded after 10 s$/,
    );
  });

  it('is given up when nobody listens', async () => {
    await elsewhere.close();
    const error = await codedFailure(review({ config: { a2a: { url: elsewhere.url } } }));
    expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
    expect(error.message).to.match(
      /^Kubernetes Agent health check failed.*ECONNREFUSED; check that the agent is running$/,
    );
  });

  const secret = 'a body that nobody may see';
  const good = AGENT_PROMOTES;
  const ANSWERS: readonly (readonly [string, Answer, CodedError['code'], RegExp])[] = [
    [
      '500',
      { status: 500, body: { ...good, analysis: secret } },
      'REVIEWER_UNAVAILABLE',
      /the server failed \(HTTP 500\)$/,
    ],
    [
      '500 over its own API key',
      { status: 500, body: { ...good, analysis: 'Error: API key not valid' } },
      'REVIEWER_UNAVAILABLE',
      /authentication failed: check the API key in the agent's Secret$/,
    ],
    [
      '500 over logs it may not read',
      { status: 500, body: { analysis: 'Failed to fetch logs of web-1' } },
      'REVIEWER_UNAVAILABLE',
      /failed to fetch logs: check the RBAC permissions of the agent's ServiceAccount$/,
    ],
    [
      '401',
      { status: 401, body: secret },
      'REVIEWER_UNAUTHORIZED',
      /authentication failed; check the credential/,
    ],
    ['400', { status: 400, body: secret }, 'REVIEWER_UNAVAILABLE', /it refused the request \(HTTP 400\)$/],
    [
      '429 that asks to wait for longer than there is time',
      { status: 429, headers: { 'retry-after': '600' }, body: secret },
      'REVIEWER_UNAVAILABLE',
      /too many requests \(HTTP 429\); it asks to wait 600 s, longer than the time left$/,
    ],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://localhost/' } },
      'REVIEWER_UNAVAILABLE',
      /redirect/,
    ],
    ['a reset', { fault: 'reset' }, 'REVIEWER_UNAVAILABLE', /gave no answer: ECONNRESET$/],
    ['half a body', { fault: 'truncate', body: good }, 'REVIEWER_UNAVAILABLE', /gave no answer: /],
    ['nothing', { body: '' }, 'REVIEWER_MALFORMED', /the answer is empty$/],
    ['invalid JSON', { body: `{"${secret}` }, 'REVIEWER_MALFORMED', /the answer is not valid JSON$/],
    [
      'JSON in a code fence',
      { body: `\`\`\`json\n${JSON.stringify(good)}\n\`\`\`` },
      'REVIEWER_MALFORMED',
      /not valid JSON$/,
    ],
    ['a list', { body: [good] }, 'REVIEWER_MALFORMED', /the answer must be object$/],
    [
      '"promote":"false"',
      { body: { ...good, promote: 'false' } },
      'REVIEWER_MALFORMED',
      /promote must be boolean$/,
    ],
    ['"promote":1', { body: { ...good, promote: 1 } }, 'REVIEWER_MALFORMED', /promote must be boolean$/],
    [
      'no promote',
      { body: { ...good, promote: undefined } },
      'REVIEWER_MALFORMED',
      /required property 'promote'$/,
    ],
    [
      'no confidence',
      { body: { ...good, confidence: undefined } },
      'REVIEWER_MALFORMED',
      /required property 'confidence'$/,
    ],
    [
      'no analysis',
      { body: { ...good, analysis: undefined } },
      'REVIEWER_MALFORMED',
      /required property 'analysis'$/,
    ],
    [
      'confidence 250',
      { body: { ...good, confidence: 250 } },
      'REVIEWER_MALFORMED',
      /confidence must be <= 100$/,
    ],
    [
      'confidence -1',
      { body: { ...good, confidence: -1 } },
      'REVIEWER_MALFORMED',
      /confidence must be >= 0$/,
    ],
    [
      'confidence 0.9',
      { body: { ...good, confidence: 0.9 } },
      'REVIEWER_MALFORMED',
      /confidence must be integer$/,
    ],
    [
      '10 MiB',
      { body: 'x'.repeat(10 * 1024 * 1024) },
      'REVIEWER_MALFORMED',
      /answered more than 4194304 bytes$/,
    ],
    [
      'promote true at confidence 0, which is how its own failures look',
      { body: { ...good, confidence: 0, analysis: secret } },
      'REVIEWER_UNAVAILABLE',
      /it reports that its own analysis failed; check the agent's logs$/,
    ],
    [
      'results of models that all failed',
      { body: { ...good, promote: false, modelResults: [{ error: secret }, { error: 'x' }] } },
      'REVIEWER_UNAVAILABLE',
      /its own analysis failed/,
    ],
  ];
  for (const [cause, answer, code, message] of ANSWERS) {
    it(`has no opinion after ${cause}`, async () => {
      agent.analyses.next(answer);
      const error = await codedFailure(review());
      expect(error.code).to.equal(code);
      expect(error.message)
        .to.match(/^A2A agent analysis failed: Failed to analyze with kubernetes-agent/)
        .and.match(message);
      expect(error.message).not.to.contain(secret);
      expect(paths()).to.deep.equal(ASKED);
    });
  }

  it('is asked again after 429, for then it has done nothing yet', async () => {
    agent.analyses.next({ status: 429, body: secret });
    expect((await review()).verdict).to.equal('Promote');
    expect(paths()).to.deep.equal([...ASKED, 'POST /a2a/analyze']);
  });

  it('is asked over REST where its card is one of an earlier protocol', async () => {
    const earlier = { name: 'Kubernetes Agent', url: 'http://localhost:8080/', protocolVersion: '1.0.0' };
    const quarkus = await startHttpDouble(({ path }) =>
      path === '/.well-known/agent-card.json'
        ? { body: { ...earlier, capabilities: { streaming: false }, skills: [] } }
        : { body: AGENT_PROMOTES },
    );
    try {
      const opinion = await review({
        spec: { url: quarkus.url },
        config: { allowedOrigins: () => [quarkus.url] },
      });
      expect(opinion.verdict).to.equal('Promote');
      expect(quarkus.requests.map(({ path }) => path)).to.contain('/a2a/analyze');
    } finally {
      await quarkus.close();
    }
  });

  it('counts results of which one model did not fail', async () => {
    agent.analyses.next({
      body: { ...good, modelResults: [{ error: 'x' }, { error: null }], votingRationale: 'one' },
    });
    expect((await review()).verdict).to.equal('Promote');
  });

  for (const fault of ['hang', 'stall'] as const) {
    it(`has no opinion when the deadline passes (${fault})`, async () => {
      agent.analyses.next({ fault, body: good });
      const clock = new FakeClock();
      const outcome = codedFailure(review({ config: { clock }, timeoutSeconds: 30 }));
      await agent.untilRequests(3);
      await clock.advance(30_000);
      const error = await outcome;
      expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
      expect(error.message).to.equal(
        'A2A agent analysis failed: Failed to analyze with kubernetes-agent: context deadline exceeded after 30 s',
      );
      await agent.untilAbandoned();
    });
  }

  it('is let go of at once when the review is cancelled', async () => {
    agent.analyses.next({ fault: 'hang' });
    const controller = new AbortController();
    const outcome = codedFailure(review({ signal: controller.signal }));
    await agent.untilRequests(3);
    controller.abort();
    expect((await outcome).code).to.equal('ABORTED');
    await agent.untilAbandoned();
  });

  it('is not called at an origin that nobody configured', async () => {
    const error = await codedFailure(review({ spec: { url: elsewhere.url } }));
    expect(error.code).to.equal('ORIGIN_FORBIDDEN');
    expect(error.message).to.contain(elsewhere.url).and.contain('reviewers.allowedOrigins');
    expect(elsewhere.requests).to.deep.equal([]);
  });

  it('gets a token only at the origin that the token is for', async () => {
    const credentials = [{ origin: agent.url, secret: 'agent-token' }];
    await review({ config: { credentials } });
    await review({
      spec: { url: elsewhere.url },
      config: { credentials, allowedOrigins: () => [elsewhere.url] },
    });
    expect(agent.requests.map(({ headers }) => headers['authorization'])).to.deep.equal([
      'Bearer agent-token',
      'Bearer agent-token',
      'Bearer agent-token',
    ]);
    expect(elsewhere.requests).to.have.length(3);
    expect(elsewhere.requests.map(({ headers }) => headers['authorization'])).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('keeps the path of its URL', async () => {
    const below = await startHttpDouble(withoutCard);
    try {
      await review({
        spec: { url: `${below.url}/agents/one/` },
        config: { allowedOrigins: () => [below.url] },
      });
      expect(below.requests.map(({ path }) => path)).to.deep.equal([
        '/agents/one/a2a/health',
        '/agents/one/.well-known/agent-card.json',
        '/agents/one/a2a/analyze',
      ]);
    } finally {
      await below.close();
    }
  });
});
