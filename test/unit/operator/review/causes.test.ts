import { expect } from 'chai';
import type { Policy, Reviewer } from '../../../../crds/v1alpha1/spec.ts';
import { BUILT_IN_POLICY, decide } from '../../../../operator/judge/index.ts';
import type { Assessed, Decision, ReviewOutcome } from '../../../../operator/model.ts';
import { askReviewers, createReviewer, type ReviewConfig } from '../../../../operator/review/index.ts';
import { selfSignedCertificate } from '../../../lab/certificate.ts';
import { AGREEABLE_OPINION, startGeminiDouble } from '../../../lab/doubles/gemini.ts';
import {
  type Answer,
  type HttpDouble,
  type RecordedRequest,
  startHttpDouble,
} from '../../../lab/doubles/http-double.ts';
import { startOpenAIDouble } from '../../../lab/doubles/openai.ts';
import { Script } from '../../../lab/doubles/script.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { captureLog } from '../../../support/log-capture.ts';
import { reviewConfig, reviewRequest } from './fixtures.ts';
import { settled } from './reviews.ts';

const KEY = 'the-key-that-nobody-may-see';
const BODY = 'a-body-that-nobody-may-see';
const TIMEOUT_SECONDS = 60;

/** What whoever is asked can be told to say next: an opinion or words as its answer, or anything in its place. */
type Reply = { readonly opinion: object } | { readonly text: string } | { readonly http: Answer };

/** Somebody on a real socket whose answers are told. */
interface Told extends HttpDouble {
  readonly replies: { next(...replies: Reply[]): void; always(reply: Reply): void };
}

/** A reviewer's kind, and whom it asks. */
interface Kind {
  readonly name: string;
  readonly start: () => Promise<Told>;
  readonly configAt: (url: string) => Partial<ReviewConfig>;
  readonly spec: Reviewer;
  /** Whether a request is the question, and not about who is asked. */
  readonly isQuestion: (request: RecordedRequest) => boolean;
  /** Requests before the first question. */
  readonly before: number;
}

const isPost = ({ method }: RecordedRequest): boolean => method === 'POST';
const model = { isQuestion: () => true, before: 0 };
const agent = {
  spec: { a2a: {} },
  configAt: (url: string) => ({ a2a: { url } }),
  isQuestion: isPost,
  before: 2,
};

const KINDS = {
  gemini: {
    ...model,
    name: 'Gemini',
    start: () => startGeminiDouble({ key: KEY }),
    configAt: (url) => ({ gemini: { baseURL: url } }),
    spec: { gemini: {} },
  },
  openAI: {
    ...model,
    name: 'OpenAI-compatible server',
    start: () => startOpenAIDouble({ key: KEY }),
    configAt: (url) => ({ openAI: { baseURL: `${url}/v1`, model: 'gpt-4o' } }),
    spec: { openAI: {} },
  },
  a2a: { ...agent, name: 'an agent over A2A', start: () => startAgent(CARD, overA2A) },
  REST: { ...agent, name: 'a kubernetes-agent over REST', start: () => startAgent(undefined, overREST) },
} as const satisfies Record<string, Kind>;
type KindName = keyof typeof KINDS;

const CARD_PATH = '/.well-known/agent-card.json';
const CARD = { protocolBinding: 'JSONRPC', protocolVersion: '1.0' };

/** A healthy agent, with a card where it is given an interface for it. */
async function startAgent(
  card: object | undefined,
  answer: (reply: Reply, request: RecordedRequest) => Answer,
): Promise<Told> {
  const replies = new Script<Reply>({ opinion: AGREEABLE_OPINION });
  const double: HttpDouble = await startHttpDouble((request) => {
    if (request.path === '/a2a/health') return { body: { status: 'healthy' } };
    if (request.path !== CARD_PATH) return answer(replies.take(), request);
    const supportedInterfaces = [{ ...card, url: `${double.url}/rpc` }];
    return card === undefined ? { status: 404 } : { body: { name: 'agent', supportedInterfaces } };
  });
  return Object.assign(double, { replies });
}

/** A task that is completed at once, with one artifact. */
function overA2A(reply: Reply, { body }: RecordedRequest): Answer {
  if ('http' in reply) return reply.http;
  const { id } = JSON.parse(body) as { id: unknown };
  const parts = ['text' in reply ? { text: reply.text } : { data: reply.opinion }];
  const status = { state: 'TASK_STATE_COMPLETED' };
  const task = { id: 'one', contextId: 'one', status, artifacts: [{ artifactId: 'answer', parts }] };
  return { body: { jsonrpc: '2.0', id, result: { task } } };
}

/** An opinion in the kubernetes-agent's fields. */
function overREST(reply: Reply): Answer {
  if ('http' in reply) return reply.http;
  const json = { 'content-type': 'application/json' };
  if ('text' in reply) return { headers: json, body: reply.text };
  const { verdict, summary, ...rest } = reply.opinion as Partial<typeof AGREEABLE_OPINION>;
  if (verdict === undefined) return { body: reply.opinion };
  return { body: { ...rest, analysis: summary, promote: verdict === 'Promote', prLink: null } };
}

/** What becomes of a clean canary under the built-in policy. */
interface Outcome {
  readonly verdict: Decision['verdict'];
  readonly reason: Decision['reason'];
  readonly message: RegExp;
  /** How often the question was asked. */
  readonly requests: number;
}

interface Cause {
  readonly cause: string;
  /** Said in this order, the last one again and again. */
  readonly replies: readonly Reply[];
  readonly outcomes: Readonly<Record<KindName, Outcome>>;
  /** Nothing is answered before the time is over. */
  readonly silent?: boolean;
}

const good: Reply = { opinion: AGREEABLE_OPINION };
const agrees = (requests: number): Outcome => ({
  verdict: 'Promote',
  reason: 'ReviewerAgrees',
  message: /says Promote with confidence 90/,
  requests,
});
const unavailable = (message: RegExp, requests: number): Outcome => ({
  verdict: 'Inconclusive',
  reason: 'ReviewerUnavailable',
  message,
  requests,
});

/** One outcome with models, and one with agents; what one kind makes of it in another way stands in `own`. */
function outcomes(
  ofModels: Outcome,
  ofAgents = ofModels,
  own: Partial<Record<KindName, Outcome>> = {},
): Record<KindName, Outcome> {
  return { gemini: ofModels, openAI: ofModels, a2a: ofAgents, REST: ofAgents, ...own };
}

/** No answer that is anything: an agent is not asked again, for it may have acted. */
const notAnswered = (message: RegExp) => outcomes(unavailable(message, 5), unavailable(message, 1));
/** An answer that is no opinion: a model is asked once more. */
const malformed = (problem: string, own?: Partial<Record<KindName, Outcome>>) =>
  outcomes(
    unavailable(new RegExp(`gave no valid opinion, asked twice: ${problem}`), 2),
    unavailable(new RegExp(`${FAILED}.*: its answer is not valid: ${problem}`), 1),
    own,
  );
const FAILED = 'A2A agent analysis failed: Failed to analyze with kubernetes-agent';
const NOT_ONE = unavailable(/answered something that is not a (generateContent response|chat completion)/, 1);
const NOT_A2A = unavailable(/its answer is not one of A2A/, 1);

const CAUSES: readonly Cause[] = [
  { cause: 'a good answer', replies: [good], outcomes: outcomes(agrees(1)) },
  {
    cause: 'JSON in a code fence',
    replies: [{ text: `\`\`\`json\n${JSON.stringify(AGREEABLE_OPINION)}\n\`\`\`` }],
    outcomes: outcomes(agrees(1), agrees(1), {
      REST: unavailable(/its answer is not valid: the answer is not valid JSON/, 1),
    }),
  },
  {
    cause: '429, then a good answer',
    replies: [{ http: { status: 429, headers: { 'retry-after': '2' }, body: BODY } }, good],
    outcomes: outcomes(agrees(2)),
  },
  {
    cause: 'nonsense, then a good answer',
    replies: [{ text: 'I would promote it.' }, good],
    outcomes: outcomes(agrees(2), unavailable(/its answer is not valid: the answer is not valid JSON/, 1)),
  },
  {
    cause: '429 for longer than there is time',
    replies: [{ http: { status: 429, headers: { 'retry-after': '600' }, body: BODY } }],
    outcomes: outcomes(
      unavailable(/too many requests \(HTTP 429\); it asks to wait 600 s, longer than the time left/, 1),
    ),
  },
  {
    cause: '500',
    replies: [{ http: { status: 500, body: BODY } }],
    outcomes: notAnswered(/the server failed \(HTTP 500\)/),
  },
  {
    cause: 'a wrong key',
    replies: [{ http: { status: 401, body: BODY } }],
    outcomes: outcomes(unavailable(/authentication failed; check the credential \(HTTP 401\)/, 1)),
  },
  {
    cause: 'no answer in time',
    replies: [{ http: { fault: 'hang' } }],
    outcomes: outcomes(unavailable(/: context deadline exceeded after 60 s/, 1)),
    silent: true,
  },
  {
    cause: 'a body that does not end in time',
    replies: [{ http: { fault: 'stall', body: BODY.repeat(50) } }],
    outcomes: outcomes(unavailable(/: context deadline exceeded after 60 s/, 1)),
    silent: true,
  },
  {
    cause: 'a truncated body',
    replies: [{ http: { fault: 'truncate', body: BODY.repeat(50) } }],
    outcomes: notAnswered(/gave no answer: (ECONNRESET|ERR_STREAM_PREMATURE_CLOSE|connection failed)/),
  },
  {
    cause: 'a reset connection',
    replies: [{ http: { fault: 'reset' } }],
    outcomes: notAnswered(/gave no answer: ECONNRESET/),
  },
  {
    cause: 'a body that is no JSON',
    replies: [{ http: { headers: { 'content-type': 'application/json' }, body: `{"${BODY}` } }],
    outcomes: outcomes(NOT_ONE, NOT_A2A, {
      REST: unavailable(/its answer is not valid: the answer is not valid JSON/, 1),
    }),
  },
  {
    cause: 'an empty body',
    replies: [{ http: { body: '' } }],
    outcomes: outcomes(NOT_ONE, NOT_A2A, {
      REST: unavailable(/its answer is not valid: the answer is empty/, 1),
    }),
  },
  {
    cause: 'words for JSON',
    replies: [{ text: `Promote, says ${BODY}` }],
    outcomes: malformed('the answer is not valid JSON'),
  },
  { cause: 'an empty answer', replies: [{ text: '' }], outcomes: malformed('the answer is empty') },
  {
    cause: 'another schema',
    replies: [{ opinion: { decision: 'go', confidence: 100, note: BODY } }],
    outcomes: malformed('the answer must have required property'),
  },
  {
    cause: 'a confidence in a string',
    replies: [{ opinion: { ...AGREEABLE_OPINION, confidence: '100' } }],
    outcomes: malformed('confidence must be integer'),
  },
  {
    cause: '10 MiB',
    replies: [{ text: 'x'.repeat(10 * 1024 * 1024) }],
    outcomes: outcomes(
      unavailable(/answered more than 1048576 bytes/, 1),
      unavailable(/answered more than 4194304 bytes/, 1),
    ),
  },
  ...[
    ['another host', 'https://example.com/v1'],
    ['a metadata address', 'http://169.254.169.254/latest/meta-data/'],
  ].map(([where, location = '']) => ({
    cause: `a redirect to ${where}`,
    replies: [{ http: { status: 307, headers: { location }, body: BODY } }],
    outcomes: outcomes(
      unavailable(/it answered with a redirect, which is not followed; correct the URL \(HTTP 307\)/, 1),
    ),
  })),
];

const CLEAN: Assessed = {
  ...reviewRequest().assessed,
  assessment: 'Clean',
  findings: [],
  message: 'nothing new',
};
const UNAVAILABLE_POLICIES = [
  'Inconclusive',
  'Error',
  'Abort',
] as const satisfies readonly Policy['onReviewerUnavailable'][];

for (const [name, kind] of Object.entries(KINDS) as [KindName, Kind][]) {
  describe(`what becomes of a clean canary when ${kind.name} gives`, () => {
    let double: Told;
    beforeEach(async () => {
      double = await kind.start();
    });
    afterEach(() => double.close());

    function ask(url: string, clock: FakeClock): { asking: Promise<ReviewOutcome>; lines: object[] } {
      const { logger, lines } = captureLog();
      const config = reviewConfig({
        ...kind.configAt(url),
        credentials: [{ origin: url, secret: KEY }],
        clock,
        logger,
      });
      const reviewer = createReviewer({ ...kind.spec, timeoutSeconds: TIMEOUT_SECONDS }, config);
      const { signal } = new AbortController();
      const request = reviewRequest({ stableSelector: 'role=stable', canarySelector: 'role=canary' });
      return { asking: askReviewers([reviewer], request, { signal, clock, logger }), lines };
    }

    function verdictsOf(outcome: ReviewOutcome): Decision[] {
      return UNAVAILABLE_POLICIES.map((onReviewerUnavailable) =>
        decide(CLEAN, outcome, { ...BUILT_IN_POLICY, onReviewerUnavailable }),
      );
    }

    for (const { cause, replies, outcomes: all, silent } of CAUSES) {
      const { verdict, reason, message, requests } = all[name];
      it(`${cause}: ${verdict}, ${reason}`, async () => {
        const [last] = replies.slice(-1);
        double.replies.next(...replies.slice(0, -1));
        if (last !== undefined) double.replies.always(last);
        const clock = new FakeClock();
        const { asking, lines } = ask(double.url, clock);
        if (silent) {
          await double.untilRequests(kind.before + 1);
          await clock.advance(TIMEOUT_SECONDS * 1000);
        }
        const outcome = await settled(asking, clock);
        const decisions = verdictsOf(outcome);
        expect(decisions[0]).to.include({ verdict, reason });
        expect(decisions[0]?.message).to.match(message);
        if (reason === 'ReviewerUnavailable') {
          expect(decisions.map((decision) => decision.verdict)).to.deep.equal(UNAVAILABLE_POLICIES);
        }
        expect(double.requests.filter(kind.isQuestion)).to.have.length(requests);
        const seen = JSON.stringify([outcome, decisions]);
        expect(seen).not.to.contain(KEY).and.not.to.contain(BODY);
        expect(JSON.stringify(lines)).not.to.contain(KEY);
        // An agent may still name its task, which would be cancelled.
        if (silent) await clock.advance(5_000);
        expect(clock.pending).to.deep.equal([]);
      });
    }

    it('a certificate that is not trusted: Inconclusive, ReviewerUnavailable', async () => {
      const secure = await startHttpDouble(
        () => ({ body: BODY }),
        selfSignedCertificate('double', new Date()),
      );
      try {
        const clock = new FakeClock();
        const [decision] = verdictsOf(await settled(ask(secure.url, clock).asking, clock));
        expect(decision).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
        expect(decision?.message).to.match(
          /gave no answer: \w*SELF_SIGNED\w*; its certificate is not trusted/,
        );
        expect(secure.requests).to.deep.equal([]);
        expect(clock.monotonic(), 'no certificate heals within a second').to.equal(0);
      } finally {
        await secure.close();
      }
    });

    it('no connection: Inconclusive, ReviewerUnavailable', async () => {
      const { url } = double;
      await double.close();
      const clock = new FakeClock();
      const [decision] = verdictsOf(await settled(ask(url, clock).asking, clock));
      expect(decision).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
      expect(decision?.message).to.match(/gave no answer: ECONNREFUSED/);
      expect(clock.monotonic(), 'the waits before the other attempts').to.be.above(0);
    });
  });
}
