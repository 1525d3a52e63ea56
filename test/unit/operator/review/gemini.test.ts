import { expect } from 'chai';
import type { CodedError } from '../../../../crds/errors.ts';
import {
  AGREEABLE_OPINION,
  type GeminiDouble,
  type GeminiReply,
  type GenerateContentRequest,
  generated,
  KEY_INVALID,
  problem,
  startGeminiDouble,
  tooManyRequests,
} from '../../../lab/doubles/gemini.ts';
import { type HttpDouble, startHttpDouble } from '../../../lab/doubles/http-double.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { reviewRequest } from './fixtures.ts';
import { codedFailure, reviewsBy } from './reviews.ts';

const KEY = 'AIzaSyTheKeyThatNobodyMaySee';

describe('the Gemini reviewer', () => {
  let gemini: GeminiDouble;
  let elsewhere: HttpDouble;
  beforeEach(async () => {
    gemini = await startGeminiDouble({ key: KEY });
    elsewhere = await startHttpDouble(() => ({ body: generated(JSON.stringify(AGREEABLE_OPINION)) }));
  });
  afterEach(async () => {
    await gemini.close();
    await elsewhere.close();
  });

  const review = reviewsBy('gemini', () => ({
    config: {
      gemini: { baseURL: gemini.url, model: 'gemini-2.0-flash-exp' },
      credentials: [{ origin: gemini.url, secret: KEY }],
    },
  }));
  const failure = (promise: Promise<unknown>) => codedFailure(promise, KEY);

  function asked(index = 0): GenerateContentRequest {
    return JSON.parse(gemini.requests[index]?.body ?? '') as GenerateContentRequest;
  }

  it('takes no answer that came over another connection than its own', async () => {
    const original = globalThis.fetch;
    const body = generated(JSON.stringify(AGREEABLE_OPINION));
    Object.defineProperty(globalThis, 'fetch', {
      configurable: true,
      get: () => async () => Response.json(body),
      set: () => {},
    });
    try {
      expect((await failure(review())).code).to.equal('REVIEWER_MALFORMED');
    } finally {
      Object.defineProperty(globalThis, 'fetch', { configurable: true, writable: true, value: original });
    }
    expect(gemini.requests).to.deep.equal([]);
  });

  it('gives the opinion of the model, its citations not yet checked', async () => {
    gemini.replies.next({
      opinion: {
        verdict: 'Abort',
        confidence: 93,
        summary: 'It cannot reach\nits database, password hunter2.',
        rootCause: 'DB_HOST is wrong',
        remediation: 'Correct DB_HOST',
        citations: [{ id: 'T1', quote: 'connection to db:5432 refused' }],
        reasoning: 'a field nobody asked for',
      },
    });
    const opinion = await review();
    expect(opinion).to.deep.include({
      reviewer: 'gemini/gemini-2.0-flash-exp',
      verdict: 'Abort',
      confidence: 93,
      summary: 'It cannot reach its database, password <secret>.',
      rootCause: 'DB_HOST is wrong',
      remediation: 'Correct DB_HOST',
      citations: [{ id: 'T1', quote: 'connection to db:5432 refused', checks: false }],
      inputTokens: 1200,
      outputTokens: 80,
    });
    expect(opinion).not.to.have.property('reasoning');
  });

  it('asks for JSON after a schema, with evidence fenced by the nonce and nothing of it in the instruction', async () => {
    await review({ request: reviewRequest({ extraPrompt: 'Ignore colour changes. Key hunter2.' }) });
    const { contents, generationConfig, systemInstruction } = asked();
    expect(generationConfig?.responseMimeType).to.equal('application/json');
    expect(generationConfig?.responseSchema?.required).to.include.members([
      'verdict',
      'confidence',
      'citations',
    ]);
    const system = systemInstruction?.parts[0]?.text ?? '';
    const user = contents[0]?.parts[0]?.text ?? '';
    expect(system).to.contain('"BEGIN EVIDENCE n0nce"').and.not.to.contain('inventory');
    expect(user).to.match(/^BEGIN EVIDENCE n0nce\n\{[\s\S]*\}\nEND EVIDENCE n0nce\n/);
    expect(user).to.contain('retrying·request·17·to·inventory');
    expect(system).to.contain('"·" stands for every space');
    expect(user).to.contain("BEGIN OWNER'S WORDS n0nce\nIgnore colour changes. Key <secret>.");
    expect(gemini.requests[0]?.path).to.equal('/v1beta/models/gemini-2.0-flash-exp:generateContent');
  });

  it('takes the model of the spec before that of the configuration', async () => {
    expect((await review({ spec: { model: 'gemini-9' } })).reviewer).to.equal('gemini/gemini-9');
    expect(gemini.requests[0]?.path).to.contain('/models/gemini-9:');
  });

  it('takes one code fence off an answer', async () => {
    gemini.replies.next({ text: `\`\`\`json\n${JSON.stringify(AGREEABLE_OPINION)}\n\`\`\`` });
    expect((await review()).verdict).to.equal('Promote');
    expect(gemini.requests).to.have.length(1);
  });

  const OUTCOMES: readonly {
    readonly cause: string;
    readonly replies: readonly GeminiReply[];
    readonly code: CodedError['code'];
    readonly message: RegExp;
    readonly requests: number;
    readonly timeoutSeconds?: number;
  }[] = [
    {
      cause: 'a wrong key',
      replies: [{ http: KEY_INVALID }],
      code: 'REVIEWER_UNAUTHORIZED',
      message: /authentication failed; the API key is not valid: check GOOGLE_API_KEY/,
      requests: 1,
    },
    {
      cause: '401',
      replies: [{ http: problem(401, 'UNAUTHENTICATED', 'secret body') }],
      code: 'REVIEWER_UNAUTHORIZED',
      message: /authentication failed.*HTTP 401/,
      requests: 1,
    },
    {
      cause: '403',
      replies: [{ http: problem(403, 'PERMISSION_DENIED', 'secret body') }],
      code: 'REVIEWER_UNAUTHORIZED',
      message: /authentication failed.*HTTP 403/,
      requests: 1,
    },
    {
      cause: 'an unknown model',
      replies: [{ http: problem(404, 'NOT_FOUND', 'secret body') }],
      code: 'CONFIG_INVALID',
      message: /has no model gemini-2\.0-flash-exp: correct gemini\.model/,
      requests: 1,
    },
    {
      cause: 'a request it refuses',
      replies: [{ http: problem(400, 'INVALID_ARGUMENT', 'secret body') }],
      code: 'REVIEWER_UNAVAILABLE',
      message: /it refused the request \(HTTP 400\)$/,
      requests: 1,
    },
    {
      cause: '429 with a pause longer than the time left',
      replies: [{ http: tooManyRequests(3600) }],
      code: 'REVIEWER_UNAVAILABLE',
      message: /too many requests \(HTTP 429\); it asks to wait 3600 s, longer than the time left$/,
      requests: 1,
    },
    {
      cause: '429 whose pause stands in the body alone',
      replies: [{ http: tooManyRequests(3600, false) }],
      code: 'REVIEWER_UNAVAILABLE',
      message: /it asks to wait 3600 s/,
      requests: 1,
    },
    {
      cause: 'no answer at all',
      replies: [{ http: { fault: 'hang' } }],
      code: 'REVIEWER_UNAVAILABLE',
      message: /^Gemini: context deadline exceeded after 1 s$/,
      requests: 1,
      timeoutSeconds: 1,
    },
    {
      cause: 'a body that stalls',
      replies: [{ http: { fault: 'stall', body: 'x'.repeat(1000) } }],
      code: 'REVIEWER_UNAVAILABLE',
      message: /context deadline exceeded after 1 s/,
      requests: 1,
      timeoutSeconds: 1,
    },
    {
      cause: 'HTTP that is not JSON',
      replies: [{ http: { body: 'secret body' } }],
      code: 'REVIEWER_MALFORMED',
      message: /is not a generateContent response/,
      requests: 1,
    },
    {
      cause: 'JSON of another form',
      replies: [{ http: { body: { candidates: 'secret body' } } }],
      code: 'REVIEWER_MALFORMED',
      message: /./,
      requests: 1,
    },
    {
      cause: 'JSON null',
      replies: [{ http: { body: 'null' } }],
      code: 'REVIEWER_MALFORMED',
      message: /is not a generateContent response/,
      requests: 1,
    },
    {
      cause: 'a refusal of the model',
      replies: [{ text: 'secret body', finishReason: 'SAFETY' }],
      code: 'REVIEWER_MALFORMED',
      message: /declined to answer: SAFETY/,
      requests: 1,
    },
    {
      cause: 'a blocked prompt',
      replies: [{ http: { body: { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } } }],
      code: 'REVIEWER_MALFORMED',
      message: /declined to answer: PROHIBITED_CONTENT/,
      requests: 1,
    },
    {
      cause: 'prose, twice',
      replies: [{ text: 'I think secret body' }, { text: 'Promote it! secret body' }],
      code: 'REVIEWER_MALFORMED',
      message: /no valid opinion, asked twice: the answer is not valid JSON$/,
      requests: 2,
    },
    {
      cause: 'an empty answer, twice',
      replies: [{ text: '' }, { text: ' ' }],
      code: 'REVIEWER_MALFORMED',
      message: /the answer is empty$/,
      requests: 2,
    },
    {
      cause: 'an answer cut at its length limit, twice',
      replies: [
        { text: '{"verdict":"Prom', finishReason: 'MAX_TOKENS' },
        { text: '{"verdict":"Promote"', finishReason: 'MAX_TOKENS' },
      ],
      code: 'REVIEWER_MALFORMED',
      message: /cut at its length limit/,
      requests: 2,
    },
    ...[
      ['a confidence of 250', { confidence: 250 }, /confidence must be <= 100$/],
      ['a confidence in a string', { confidence: '90' }, /confidence must be integer$/],
      ['half a percent', { confidence: 90.5 }, /confidence must be integer$/],
      ['another verdict', { verdict: 'promote' }, /verdict must be equal to one of the allowed values$/],
      ['no citations', { citations: undefined }, /must have required property 'citations'$/],
      ['no confidence', { confidence: undefined }, /must have required property 'confidence'$/],
      [
        'a citation of nothing',
        { citations: [{ id: 'X1', quote: 'q' }] },
        /citations\.0\.id must match pattern/,
      ],
    ].map(([cause, change, message]) => {
      const opinion = { ...AGREEABLE_OPINION, ...(change as object) };
      return {
        cause: `${cause}, twice`,
        replies: [{ opinion }, { opinion }],
        code: 'REVIEWER_MALFORMED' as const,
        message: message as RegExp,
        requests: 2,
      };
    }),
  ];

  for (const { cause, replies, code, message, requests, timeoutSeconds = 60 } of OUTCOMES) {
    it(`has no opinion after ${cause}`, async () => {
      gemini.replies.next(...replies);
      const clock = new FakeClock();
      const outcome = failure(review({ timeoutSeconds, config: { clock } }));
      await gemini.untilRequests(requests);
      if (/deadline/.test(message.source)) await clock.advance(timeoutSeconds * 1000);
      const error = await outcome;
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message).and.not.to.contain('secret body');
      expect(gemini.requests).to.have.length(requests);
    });
  }

  it('asks once more, with what is wrong, when the answer is not valid', async () => {
    gemini.replies.next({ opinion: { ...AGREEABLE_OPINION, confidence: 250 } });
    const opinion = await review();
    expect(opinion.confidence).to.equal(90);
    expect(opinion.inputTokens).to.equal(2400);
    const { contents } = asked(1);
    expect(contents.map(({ role }) => role)).to.deep.equal(['user', 'model', 'user']);
    expect(contents[2]?.parts[0]?.text).to.contain('confidence must be <= 100');
  });

  for (const [cause, reply] of [
    ['429', { http: tooManyRequests(1) }],
    ['429 whose pause stands in the body alone', { http: tooManyRequests(1, false) }],
    ['500', { http: problem(500, 'INTERNAL', 'oops') }],
    ['503', { http: problem(503, 'UNAVAILABLE', 'overloaded') }],
    ['a reset connection', { http: { fault: 'reset' } }],
    ['a truncated body', { http: { fault: 'truncate', body: generated('x'.repeat(1000)) } }],
  ] as const) {
    it(`tries again after ${cause}`, async () => {
      gemini.replies.next(reply);
      const clock = new FakeClock();
      const opinion = review({ config: { clock } });
      await gemini.untilRequests(1);
      await clock.untilPending(2);
      const [wait = 0] = clock.pending;
      expect(wait).to.equal(cause.startsWith('429') ? 1250 : 250);
      await clock.advance(wait);
      expect((await opinion).verdict).to.equal('Promote');
      expect(gemini.requests).to.have.length(2);
    });
  }

  it('gives up after five attempts', async () => {
    gemini.replies.always({ http: problem(500, 'INTERNAL', 'oops') });
    const clock = new FakeClock();
    const outcome = failure(review({ config: { clock } }));
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await gemini.untilRequests(attempt);
      await clock.untilPending(2);
      await clock.advance(clock.pending[0] ?? 0);
    }
    expect((await outcome).message).to.match(/the server failed \(HTTP 500\)$/);
    expect(gemini.requests).to.have.length(5);
  });

  it('has no opinion when nobody listens', async () => {
    await elsewhere.close();
    const error = await failure(
      review({
        config: {
          gemini: { baseURL: elsewhere.url },
          credentials: [{ origin: elsewhere.url, secret: KEY }],
        },
        timeoutSeconds: 0.2,
      }),
    );
    expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
    expect(error.message).to.match(/gave no answer: ECONNREFUSED$/);
  });

  it('reads no more than a bounded answer', async () => {
    gemini.replies.next({ text: 'x'.repeat(10 * 1024 * 1024) });
    const error = await failure(review());
    expect(error.code).to.equal('REVIEWER_MALFORMED');
    expect(error.message).to.match(/answered more than 1048576 bytes$/);
  });

  for (const status of [301, 302, 307, 308]) {
    it(`does not follow a ${status}, and shows the key to nobody else`, async () => {
      const location = `${elsewhere.url}/v1beta/models/x:generateContent`;
      gemini.replies.next({ http: { status, headers: { location } } });
      const error = await failure(review());
      expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
      expect(error.message).to.match(/answered with a redirect, which is not followed/);
      expect(elsewhere.requests).to.deep.equal([]);
    });
  }

  it('lets go of the request at once when the review is cancelled', async () => {
    gemini.replies.next({ http: { fault: 'hang' } });
    const controller = new AbortController();
    const outcome = failure(review({ signal: controller.signal }));
    await gemini.untilRequests(1);
    controller.abort();
    expect((await outcome).code).to.equal('ABORTED');
    await gemini.untilAbandoned();
  });

  it('leaves the global fetch as it was', async () => {
    const before = globalThis.fetch;
    const pending = review();
    expect(globalThis.fetch).to.equal(before);
    await pending;
    expect(globalThis.fetch).to.equal(before);
  });

  it('calls nobody without a key for that origin', async () => {
    const error = await failure(
      review({ config: { credentials: [{ origin: elsewhere.url, secret: KEY }] } }),
    );
    expect(error.code).to.equal('REVIEWER_UNAUTHORIZED');
    expect(error.message)
      .to.contain('authentication failed; no API key is configured for')
      .and.contain('GOOGLE_API_KEY');
    expect(gemini.requests).to.deep.equal([]);
  });

  for (const model of ['../../v1/other', 'x?key=y', 'a/b/c', 'x:countTokens#']) {
    it(`takes ${model} for no model name`, async () => {
      expect((await failure(review({ spec: { model } }))).code).to.equal('CONFIG_INVALID');
      expect(gemini.requests).to.deep.equal([]);
    });
  }
});
