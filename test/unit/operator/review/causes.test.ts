import { expect } from 'chai';
import type { Policy } from '../../../../crds/v1alpha1/spec.ts';
import { BUILT_IN_POLICY, decide } from '../../../../operator/judge/index.ts';
import type { Assessed, Decision, ReviewOutcome } from '../../../../operator/model.ts';
import { askReviewers, createReviewer } from '../../../../operator/review/index.ts';
import { selfSignedCertificate } from '../../../lab/certificate.ts';
import { AGREEABLE_OPINION, startGeminiDouble } from '../../../lab/doubles/gemini.ts';
import { type Answer, type HttpDouble, startHttpDouble } from '../../../lab/doubles/http-double.ts';
import { startOpenAIDouble } from '../../../lab/doubles/openai.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { reviewConfig, reviewRequest } from './fixtures.ts';
import { settled } from './reviews.ts';

const KEY = 'the-key-that-nobody-may-see';
const BODY = 'a-body-that-nobody-may-see';
const TIMEOUT_SECONDS = 60;

/** What every model double can be told to say next. */
type Reply = { readonly opinion: unknown } | { readonly text: string } | { readonly http: Answer };

/** A model on a real socket, and how a reviewer is pointed at it. */
interface Kind {
  readonly name: 'gemini' | 'openAI';
  start(): Promise<
    HttpDouble & { readonly replies: { next(...replies: Reply[]): void; always(reply: Reply): void } }
  >;
  configAt(url: string): object;
  readonly subject: string;
}

const KINDS: readonly Kind[] = [
  {
    name: 'gemini',
    start: () => startGeminiDouble({ key: KEY }),
    configAt: (url) => ({ gemini: { baseURL: url } }),
    subject: 'Gemini',
  },
  {
    name: 'openAI',
    start: () => startOpenAIDouble({ key: KEY }),
    configAt: (url) => ({ openAI: { baseURL: `${url}/v1`, model: 'gpt-4o' } }),
    subject: 'OpenAI-compatible server',
  },
];

interface Cause {
  readonly cause: string;
  /** Said in this order, the last one again and again. */
  readonly replies: readonly Reply[];
  /** The verdict on a clean canary with the built-in policy. */
  readonly verdict: Decision['verdict'];
  readonly reason: Decision['reason'];
  readonly message: RegExp;
  readonly requests: number;
  /** Nothing is answered before the time is over. */
  readonly silent?: boolean;
}

const good: Reply = { opinion: AGREEABLE_OPINION };
const agrees = {
  verdict: 'Promote',
  reason: 'ReviewerAgrees',
  message: /says Promote with confidence 90/,
} as const;
const unavailable = { verdict: 'Inconclusive', reason: 'ReviewerUnavailable' } as const;

const CAUSES: readonly Cause[] = [
  { cause: 'a good answer', replies: [good], ...agrees, requests: 1 },
  {
    cause: 'JSON in a code fence',
    replies: [{ text: `\`\`\`json\n${JSON.stringify(AGREEABLE_OPINION)}\n\`\`\`` }],
    ...agrees,
    requests: 1,
  },
  {
    cause: '429, then a good answer',
    replies: [{ http: { status: 429, headers: { 'retry-after': '2' }, body: BODY } }, good],
    ...agrees,
    requests: 2,
  },
  {
    cause: 'nonsense, then a good answer',
    replies: [{ text: 'I would promote it.' }, good],
    ...agrees,
    requests: 2,
  },
  {
    cause: '429 for longer than there is time',
    replies: [{ http: { status: 429, headers: { 'retry-after': '600' }, body: BODY } }],
    ...unavailable,
    message: /too many requests \(HTTP 429\); it asks to wait 600 s, longer than the time left/,
    requests: 1,
  },
  {
    cause: '500',
    replies: [{ http: { status: 500, body: BODY } }],
    ...unavailable,
    message: /the server failed \(HTTP 500\)/,
    requests: 5,
  },
  {
    cause: 'a wrong key',
    replies: [{ http: { status: 401, body: BODY } }],
    ...unavailable,
    message: /authentication failed; check the credential \(HTTP 401\)/,
    requests: 1,
  },
  {
    cause: 'no answer in time',
    replies: [{ http: { fault: 'hang' } }],
    ...unavailable,
    message: /: context deadline exceeded after 60 s/,
    requests: 1,
    silent: true,
  },
  {
    cause: 'a body that does not end in time',
    replies: [{ http: { fault: 'stall', body: BODY.repeat(50) } }],
    ...unavailable,
    message: /: context deadline exceeded after 60 s/,
    requests: 1,
    silent: true,
  },
  {
    cause: 'a truncated body',
    replies: [{ http: { fault: 'truncate', body: BODY.repeat(50) } }],
    ...unavailable,
    message: /gave no answer: (ECONNRESET|ERR_STREAM_PREMATURE_CLOSE|connection failed)/,
    requests: 5,
  },
  {
    cause: 'a reset connection',
    replies: [{ http: { fault: 'reset' } }],
    ...unavailable,
    message: /gave no answer: ECONNRESET/,
    requests: 5,
  },
  {
    cause: 'a body that is no JSON',
    replies: [{ http: { headers: { 'content-type': 'application/json' }, body: `{"${BODY}` } }],
    ...unavailable,
    message: /answered something that is not a (generateContent response|chat completion)/,
    requests: 1,
  },
  {
    cause: 'an empty body',
    replies: [{ http: { body: '' } }],
    ...unavailable,
    message: /answered something that is not a (generateContent response|chat completion)/,
    requests: 1,
  },
  {
    cause: 'words for JSON',
    replies: [{ text: `Promote, says ${BODY}` }],
    ...unavailable,
    message: /gave no valid opinion, asked twice: the answer is not valid JSON/,
    requests: 2,
  },
  {
    cause: 'an empty answer',
    replies: [{ text: '' }],
    ...unavailable,
    message: /gave no valid opinion, asked twice: the answer is empty/,
    requests: 2,
  },
  {
    cause: 'another schema',
    replies: [{ opinion: { promote: true, confidence: 100, analysis: BODY } }],
    ...unavailable,
    message: /asked twice: the answer must have required property 'verdict'/,
    requests: 2,
  },
  {
    cause: 'a confidence in a string',
    replies: [{ opinion: { ...AGREEABLE_OPINION, confidence: '100' } }],
    ...unavailable,
    message: /asked twice: confidence must be integer/,
    requests: 2,
  },
  {
    cause: '10 MiB',
    replies: [{ text: 'x'.repeat(10 * 1024 * 1024) }],
    ...unavailable,
    message: /answered more than 1048576 bytes/,
    requests: 1,
  },
  ...[
    ['another host', 'https://example.com/v1'],
    ['a metadata address', 'http://169.254.169.254/latest/meta-data/'],
  ].map(([where, location = '']) => ({
    cause: `a redirect to ${where}`,
    replies: [{ http: { status: 307, headers: { location }, body: BODY } }],
    ...unavailable,
    message: /it answered with a redirect, which is not followed; correct the URL \(HTTP 307\)/,
    requests: 1,
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

for (const kind of KINDS) {
  describe(`what becomes of a clean canary when ${kind.subject} gives`, () => {
    let double: Awaited<ReturnType<Kind['start']>>;
    beforeEach(async () => {
      double = await kind.start();
    });
    afterEach(() => double.close());

    function ask(url: string, clock: FakeClock, logged: string[]): Promise<ReviewOutcome> {
      const log = (message: string, fields?: object): void =>
        void logged.push(JSON.stringify({ message, fields }));
      const logger = { trace: log, debug: log, info: log, warn: log, isEnabled: () => true };
      const config = reviewConfig({
        ...kind.configAt(url),
        credentials: [{ origin: url, secret: KEY }],
        clock,
        logger,
      });
      const reviewer = createReviewer({ [kind.name]: {}, timeoutSeconds: TIMEOUT_SECONDS }, config);
      const { signal } = new AbortController();
      return askReviewers([reviewer], reviewRequest(), { signal, clock, logger });
    }

    function verdictsOf(outcome: ReviewOutcome): Decision[] {
      return UNAVAILABLE_POLICIES.map((onReviewerUnavailable) =>
        decide(CLEAN, outcome, { ...BUILT_IN_POLICY, onReviewerUnavailable }),
      );
    }

    for (const { cause, replies, verdict, reason, message, requests, silent } of CAUSES) {
      it(`${cause}: ${verdict}, ${reason}`, async () => {
        const [last] = replies.slice(-1);
        double.replies.next(...replies.slice(0, -1));
        if (last !== undefined) double.replies.always(last);
        const clock = new FakeClock();
        const logged: string[] = [];
        const asking = ask(double.url, clock, logged);
        if (silent) {
          await double.untilRequests(1);
          await clock.advance(TIMEOUT_SECONDS * 1000);
        }
        const outcome = await settled(asking, clock);
        const decisions = verdictsOf(outcome);
        expect(decisions[0]).to.include({ verdict, reason });
        expect(decisions[0]?.message).to.match(message);
        if (reason === 'ReviewerUnavailable') {
          expect(decisions.map((decision) => decision.verdict)).to.deep.equal(UNAVAILABLE_POLICIES);
        }
        expect(double.requests).to.have.length(requests);
        const seen = JSON.stringify([outcome, decisions]);
        expect(seen).not.to.contain(KEY).and.not.to.contain(BODY);
        expect(logged.join('\n')).not.to.contain(KEY);
        expect(clock.pending).to.deep.equal([]);
      });
    }

    it('a certificate that is not trusted: Inconclusive, ReviewerUnavailable', async () => {
      const secure = await startHttpDouble(
        () => ({ body: BODY }),
        selfSignedCertificate('double', new Date()),
      );
      try {
        const outcome = await settled(ask(secure.url, new FakeClock(), []), new FakeClock());
        const [decision] = verdictsOf(outcome);
        expect(decision).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
        expect(decision?.message).to.match(
          /gave no answer: \w*SELF_SIGNED\w*; its certificate is not trusted/,
        );
        expect(secure.requests).to.deep.equal([]);
      } finally {
        await secure.close();
      }
    });

    it('no connection: Inconclusive, ReviewerUnavailable', async () => {
      const { url } = double;
      await double.close();
      const clock = new FakeClock();
      const [decision] = verdictsOf(await settled(ask(url, clock, []), clock));
      expect(decision).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
      expect(decision?.message).to.match(/gave no answer: ECONNREFUSED/);
    });
  });
}
