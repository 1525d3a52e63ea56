import { expect } from 'chai';
import { Dialects, Endpoints } from '../../../../operator/review/index.ts';
import { AGREEABLE_OPINION } from '../../../lab/doubles/gemini.ts';
import { type HttpDouble, startHttpDouble } from '../../../lab/doubles/http-double.ts';
import {
  type ChatRequest,
  completion,
  type OpenAIDouble,
  startOpenAIDouble,
  type Understands,
} from '../../../lab/doubles/openai.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { reviewRequest } from './fixtures.ts';
import { codedFailure, reviewsBy } from './reviews.ts';

const KEY = 'the-key-that-nobody-may-see';

describe('the reviewer for OpenAI-compatible servers', () => {
  let server: OpenAIDouble;
  let elsewhere: HttpDouble;
  beforeEach(async () => {
    server = await startOpenAIDouble({ key: KEY });
    elsewhere = await startHttpDouble(() => ({ body: completion({ content: '{}' }) }));
  });
  afterEach(async () => {
    await server.close();
    await elsewhere.close();
  });

  const review = reviewsBy('openAI', () => ({
    config: {
      openAI: { baseURL: server.baseURL, model: 'gpt-4o' },
      credentials: [{ origin: server.url, secret: KEY }],
    },
  }));
  const failure = (promise: Promise<unknown>) => codedFailure(promise, KEY);

  function asked(index = 0): ChatRequest {
    return JSON.parse(server.requests[index]?.body ?? '') as ChatRequest;
  }

  it('gives the opinion of the model, its citations not yet checked', async () => {
    server.replies.next({
      opinion: {
        verdict: 'Abort',
        confidence: 93,
        summary: `It cannot reach its database, password hunter2, key ${KEY}.`,
        rootCause: 'DB_HOST is wrong',
        remediation: 'Correct DB_HOST',
        citations: [{ id: 'T1', quote: 'connection·to·db:5432 refused' }],
        proposedFix: null,
      },
    });
    expect(await review()).to.deep.include({
      reviewer: 'openAI/gpt-4o',
      verdict: 'Abort',
      confidence: 93,
      summary: 'It cannot reach its database, password <secret>, key <credential>.',
      rootCause: 'DB_HOST is wrong',
      remediation: 'Correct DB_HOST',
      citations: [{ id: 'T1', quote: 'connection to db:5432 refused', checks: false }],
      inputTokens: 1100,
      outputTokens: 70,
    });
  });

  it('asks for JSON after a strict schema, with evidence fenced by the nonce and nothing of it in the instruction', async () => {
    await review({ request: reviewRequest({ extraPrompt: 'Ignore colour changes. Key hunter2.' }) });
    const { model, messages, response_format, temperature, max_completion_tokens, stream } = asked();
    expect({ model, temperature, max_completion_tokens, stream }).to.deep.equal({
      model: 'gpt-4o',
      temperature: 0,
      max_completion_tokens: 8192,
      stream: false,
    });
    expect(response_format).to.nested.include({ type: 'json_schema', 'json_schema.strict': true });
    expect(messages.map(({ role }) => role)).to.deep.equal(['system', 'user']);
    const [system = '', user = ''] = messages.map(({ content }) => content);
    expect(system).to.contain('"BEGIN EVIDENCE n0nce"').and.not.to.contain('inventory');
    expect(user).to.match(/^BEGIN EVIDENCE n0nce\n\{[\s\S]*\}\nEND EVIDENCE n0nce\n/);
    expect(user).to.contain('retrying·request·17·to·inventory');
    expect(user).to.contain("BEGIN OWNER'S WORDS n0nce\nIgnore colour changes. Key <secret>.");
  });

  it('sends no header but its own, whatever the environment says to the SDK', async () => {
    const variables = {
      OPENAI_API_KEY: 'from-the-environment',
      OPENAI_ORG_ID: 'an-organization',
      OPENAI_PROJECT_ID: 'a-project',
      OPENAI_CUSTOM_HEADERS: 'x-custom: from-the-environment',
      OPENAI_BASE_URL: elsewhere.url,
    };
    const before = { ...process.env };
    Object.assign(process.env, variables);
    try {
      await review();
    } finally {
      for (const name of Object.keys(variables)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    expect(elsewhere.requests).to.deep.equal([]);
    const { headers = {} } = server.requests[0] ?? {};
    expect(Object.keys(headers)).to.have.members([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
    expect(headers['authorization']).to.equal(`Bearer ${KEY}`);
  });

  it('takes model and server of the spec before those of the configuration', async () => {
    const other = await startOpenAIDouble();
    try {
      const spec = { model: 'meta-llama/Llama-3.1-8B', baseURL: other.baseURL };
      const opinion = await review({ spec, config: { allowedOrigins: () => [other.url] } });
      expect(opinion.reviewer).to.equal('openAI/meta-llama/Llama-3.1-8B');
      expect(server.requests).to.deep.equal([]);
      expect(other.requests).to.have.length(1);
      expect(other.requests[0]?.headers).not.to.have.property('authorization');
    } finally {
      await other.close();
    }
  });

  it('asks a server of its own without a key, and OpenAI never', async () => {
    const own = await startOpenAIDouble();
    try {
      const keyless = { openAI: { baseURL: own.baseURL, model: 'llama3.1:8b' }, credentials: [] };
      expect((await review({ config: keyless })).verdict).to.equal('Promote');
      expect(own.requests[0]?.headers).not.to.have.property('authorization');
    } finally {
      await own.close();
    }
    const error = await failure(review({ config: { openAI: { model: 'gpt-4o' }, credentials: [] } }));
    expect(error.code).to.equal('REVIEWER_UNAUTHORIZED');
    expect(error.message).to.contain(
      'authentication failed; no API key is configured for https://api.openai.com',
    );
  });

  it('calls nobody at an origin that is not allowed', async () => {
    const error = await failure(review({ spec: { baseURL: elsewhere.url } }));
    expect(error.code).to.equal('ORIGIN_FORBIDDEN');
    expect(elsewhere.requests).to.deep.equal([]);
  });

  for (const model of ['', ' ', 'gpt 4', '../x', 'x\ny']) {
    it(`takes ${JSON.stringify(model)} for no model name`, async () => {
      expect((await failure(review({ spec: { model } }))).code).to.equal('CONFIG_INVALID');
      expect(server.requests).to.deep.equal([]);
    });
  }

  for (const [what, understands, requests, expected] of [
    ['no schemas', { formats: ['json_object'] }, 2, { format: 'json_object' }],
    ['no response format at all', { formats: [] }, 3, { format: undefined }],
    [
      'no response format, by 422 (vLLM, FastAPI)',
      { formats: [], status: 422, body: fastAPI },
      3,
      { format: undefined },
    ],
    ['no response format, by 404', { formats: [], status: 404, body: () => ({}) }, 3, { format: undefined }],
    ['no temperature', { temperature: false }, 2, { format: 'json_schema', temperature: undefined }],
    ['the older limit alone', { limits: ['max_tokens'] }, 2, { format: 'json_schema', max_tokens: 8192 }],
    [
      'nothing but the messages and the older limit',
      { formats: [], temperature: false, limits: ['max_tokens'] },
      5,
      { format: undefined, temperature: undefined, max_tokens: 8192 },
    ],
  ] as readonly (readonly [string, Understands, number, object])[]) {
    it(`makes do with a server that understands ${what}, and remembers it`, async () => {
      server.understands = understands;
      const dialects = new Dialects(new FakeClock());
      expect((await review({ config: { dialects } })).verdict).to.equal('Promote');
      expect(server.requests).to.have.length(requests);
      expect((await review({ config: { dialects } })).verdict).to.equal('Promote');
      expect(server.requests).to.have.length(requests + 1);
      const { response_format, temperature, max_tokens } = asked(requests);
      expect({ format: response_format?.type, temperature, max_tokens }).to.deep.include(expected);
    });
  }

  it('tries everything anew after an hour', async () => {
    server.understands = { formats: ['json_object'] };
    const clock = new FakeClock();
    const dialects = new Dialects(clock);
    await review({ config: { dialects } });
    server.understands = {};
    await clock.advance(3_600_001);
    await review({ config: { dialects } });
    expect(asked(2).response_format?.type).to.equal('json_schema');
  });

  it('keeps no dialect in mind that was not answered', async () => {
    server.understands = { formats: [] };
    server.replies.next({ http: { status: 400, body: { error: 'no' } } });
    const dialects = new Dialects(new FakeClock());
    expect((await review({ config: { dialects } })).verdict).to.equal('Promote');
    server.replies.always({ http: { status: 400, body: { error: 'no' } } });
    const other = new Dialects(new FakeClock());
    const error = await failure(review({ config: { dialects: other } }));
    expect(error.message).to.match(/it refused the request \(HTTP 400\)$/);
    expect(other.of(`${server.baseURL} gpt-4o`).format).to.equal('json_schema');
  });

  it('keeps a fix that is proposed, and an opinion whose fix is beyond its bounds', async () => {
    const opinion = {
      verdict: 'Abort',
      confidence: 93,
      summary: 's',
      rootCause: 'DB_HOST is wrong',
      remediation: 'Correct DB_HOST',
      citations: [],
      proposedFix: {
        summary: 'Correct it',
        edits: [{ path: 'web.yaml', before: 'db·old', after: 'db new' }],
      },
    };
    server.replies.next({ opinion });
    expect((await review()).proposedFix).to.deep.equal({
      summary: 'Correct it',
      edits: [{ path: 'web.yaml', before: 'db old', after: 'db new' }],
    });
    const edits = [{ path: 'web.yaml', before: 'db', after: 'x'.repeat(9000) }];
    server.replies.next({ opinion: { ...opinion, proposedFix: { summary: 'Correct it', edits } } });
    const without = await review();
    expect(without).not.to.have.property('proposedFix');
    expect(without.remediation).to.equal('Correct DB_HOST');
    expect(server.requests).to.have.length(2);
  });

  it('asks once more where a fix has the wrong types', async () => {
    const opinion = {
      verdict: 'Abort',
      confidence: 9,
      summary: 's',
      rootCause: '',
      remediation: '',
      citations: [],
    };
    server.replies.next({ opinion: { ...opinion, proposedFix: 'replace it' } });
    expect((await review()).verdict).to.equal('Promote');
    expect(asked(1).messages.at(-1)?.content).to.contain('proposedFix must be object');
  });

  it('shows an answer that is not valid to the model again only where the prompt stays within its limit', async () => {
    server.replies.next({ text: '?!'.repeat(4000) });
    await review();
    expect(asked(1).messages.map(({ role }) => role)).to.deep.equal(['system', 'user', 'assistant', 'user']);
    server.replies.next({ text: '?!'.repeat(4000) });
    await review({ config: { limits: { maxPromptTokens: 3000 } } });
    const { messages } = asked(3);
    expect(messages.map(({ role }) => role)).to.deep.equal(['system', 'user']);
    expect(messages[1]?.content).to.contain('That answer cannot be used: the answer is not valid JSON');
  });

  it('asks for no longer an answer than the limits say', async () => {
    await review({ config: { limits: { maxOutputTokens: 1000 } } });
    expect(asked().max_completion_tokens).to.equal(1000);
  });

  it('asks nobody for a while after failures in a row, then tries once, also for another reviewer of that model', async () => {
    const clock = new FakeClock();
    const endpoints = new Endpoints(clock, { circuitFailures: 2, circuitSeconds: 30 });
    const shared = { clock, endpoints };
    server.replies.always({ http: { status: 429, headers: { 'retry-after': '600' } } });
    for (let count = 0; count < 2; count++) await failure(review({ config: shared }));
    server.replies.always({ opinion: AGREEABLE_OPINION });
    const error = await failure(review({ config: shared }));
    expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
    expect(error.message).to.match(
      /too many requests .*; after 2 failures in a row it is not asked again for 30 s$/,
    );
    expect(server.requests).to.have.length(2);
    expect((await review({ config: shared, spec: { model: 'gpt-4o-mini' } })).verdict).to.equal('Promote');
    await clock.advance(30_000);
    expect((await review({ config: shared })).verdict).to.equal('Promote');
  });

  it('logs the redacted prompt and answer at trace alone, and its key never', async () => {
    const summary = `The password is hunter2, the key ${KEY}.`;
    for (const level of ['trace', 'debug']) {
      server.replies.next({ opinion: { ...AGREEABLE_OPINION, summary } });
      const lines: string[] = [];
      const log = (message: string, fields?: object): void =>
        void lines.push(JSON.stringify({ message, fields }));
      const trace = level === 'trace' ? log : (): void => {};
      const isEnabled = (asked: string): boolean => asked !== 'trace' || level === 'trace';
      const request = reviewRequest({ extraPrompt: 'The password is hunter2.' });
      await review({ config: { logger: { trace, debug: log, info: log, warn: log, isEnabled } }, request });
      const logged = lines.join('\n');
      expect(logged).not.to.contain(KEY).and.not.to.contain('hunter2');
      for (const part of ['BEGIN EVIDENCE n0nce', 'The password is <secret>, the key <credential>.']) {
        expect(logged.includes(part)).to.equal(level === 'trace');
      }
    }
  });

  it('reads an answer that follows the thoughts of a reasoning model', async () => {
    const opinion = {
      verdict: 'Inconclusive',
      confidence: 40,
      summary: 's',
      rootCause: '',
      remediation: '',
      citations: [],
    };
    server.replies.next({
      text: `<think>\nshall I say {"verdict":"Promote"}?\n</think>\n${JSON.stringify(opinion)}`,
    });
    expect((await review()).verdict).to.equal('Inconclusive');
  });
});

function fastAPI(parameter: string): unknown {
  return {
    detail: [{ loc: ['body', parameter], msg: 'extra fields not permitted', type: 'value_error.extra' }],
  };
}
