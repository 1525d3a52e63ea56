import { TaskState } from '@a2a-js/sdk';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import { Server, ServerCredentials, type sendUnaryData, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { BUILT_IN_POLICY, decide } from '../../../../../operator/judge/index.ts';
import { askReviewers, createReviewer } from '../../../../../operator/review/index.ts';
import { A2A_PROMOTES, dataPart, textPart } from '../../../../lab/doubles/a2a-agent.ts';
import { type HttpDouble, startHttpDouble } from '../../../../lab/doubles/http-double.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { captureLog } from '../../../../support/log-capture.ts';
import { reviewConfig, reviewRequest } from '../fixtures.ts';
import { settled } from '../reviews.ts';

const SECRET = 'a-text-that-nobody-may-see';
const KEY = 'the-token-that-nobody-may-see';
const FAILED = 'A2A agent analysis failed: Failed to analyze with kubernetes-agent at http';

/** What the server does with a message: it completes a task with this part, or it refuses. */
type Answer = { readonly part: ReturnType<typeof dataPart> } | { readonly code: status };

const good: Answer = { part: dataPart(A2A_PROMOTES) };

/** The cause, what is answered in this order (the last again and again), what is said of it, and how often it was asked. */
const CAUSES: readonly (readonly [
  cause: string,
  answers: readonly Answer[],
  message: RegExp,
  requests: number,
])[] = [
  [
    'UNAUTHENTICATED',
    [{ code: status.UNAUTHENTICATED }],
    /authentication failed; check the credential \(gRPC 16\)/,
    1,
  ],
  [
    'PERMISSION_DENIED',
    [{ code: status.PERMISSION_DENIED }],
    /authentication failed; check the credential \(gRPC 7\)/,
    1,
  ],
  ['RESOURCE_EXHAUSTED', [{ code: status.RESOURCE_EXHAUSTED }], /too many requests \(gRPC 8\)/, 5],
  ['UNAVAILABLE', [{ code: status.UNAVAILABLE }], /it gave no answer \(gRPC 14\)/, 1],
  ['INTERNAL', [{ code: status.INTERNAL }], /it refused the request \(gRPC 13/, 1],
  ['UNKNOWN', [{ code: status.UNKNOWN }], /it refused the request \(gRPC 2/, 1],
  ['DEADLINE_EXCEEDED', [{ code: status.DEADLINE_EXCEEDED }], /it refused the request \(gRPC 4/, 1],
  ['INVALID_ARGUMENT', [{ code: status.INVALID_ARGUMENT }], /it refused the request \(gRPC 3/, 1],
  ['UNIMPLEMENTED', [{ code: status.UNIMPLEMENTED }], /it refused the request \(gRPC 12/, 1],
  ['10 MiB', [{ part: textPart('x'.repeat(10 * 1024 * 1024)) }], /its answer is too long \(gRPC 8\)/, 1],
  [
    'words for JSON',
    [{ part: textPart(`Promote, says ${SECRET}`) }],
    /its answer is not valid: the answer is not valid JSON/,
    1,
  ],
  ['an empty answer', [{ part: textPart('') }], /its answer is not valid: the answer is empty/, 1],
  [
    'another schema',
    [{ part: dataPart({ note: SECRET }) }],
    /its answer is not valid: .*required property/,
    1,
  ],
];

describe('what becomes of a clean canary when an agent over gRPC gives', () => {
  let server: Server;
  let card: HttpDouble;
  let grpc: string;
  let answers: readonly Answer[];
  let asked: number;
  beforeEach(async () => {
    asked = 0;
    server = new Server();
    server.addService(A2AService, {
      sendMessage: (_call: unknown, callback: sendUnaryData<unknown>) => {
        const answer = answers[Math.min(asked, answers.length - 1)] ?? good;
        asked += 1;
        if ('code' in answer) return callback({ code: answer.code, details: SECRET });
        const artifact = {
          artifactId: 'answer',
          name: '',
          description: '',
          parts: [answer.part],
          extensions: [],
        };
        const task = {
          id: 'one',
          contextId: 'one',
          status: { state: TaskState.TASK_STATE_COMPLETED },
          artifacts: [artifact],
          history: [],
        };
        callback(null, { payload: { $case: 'task', value: task } });
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
        error === null ? resolve(at) : reject(error),
      );
    });
    grpc = `127.0.0.1:${port}`;
    const one = { url: grpc, protocolBinding: 'GRPC', protocolVersion: '1.0' };
    card = await startHttpDouble(({ path }) =>
      path === '/.well-known/agent-card.json'
        ? { body: { name: 'agent', supportedInterfaces: [one], capabilities: { streaming: false } } }
        : { body: { status: 'healthy' } },
    );
  });
  afterEach(async () => {
    server.forceShutdown();
    await card.close();
  });

  async function decided(said: readonly Answer[]) {
    answers = said;
    const clock = new FakeClock();
    const { logger, lines } = captureLog();
    const origins = [card.url, `http://${grpc}`];
    const config = reviewConfig({
      a2a: { url: card.url },
      allowedOrigins: () => origins,
      credentials: origins.map((origin) => ({ origin, secret: KEY })),
      clock,
      logger,
    });
    const { signal } = new AbortController();
    const reviewer = createReviewer({ a2a: {}, timeoutSeconds: 60 }, config);
    const asking = askReviewers([reviewer], reviewRequest(), { signal, clock, logger });
    const outcome = await settled(asking, clock);
    const { assessed } = reviewRequest();
    const decision = decide({ ...assessed, assessment: 'Clean', findings: [] }, outcome, BUILT_IN_POLICY);
    expect(JSON.stringify([outcome, decision]))
      .not.to.contain(KEY)
      .and.not.to.contain(SECRET);
    expect(JSON.stringify(lines)).not.to.contain(KEY);
    return decision;
  }

  for (const [cause, said, message, requests] of CAUSES) {
    it(`${cause}: Inconclusive, ReviewerUnavailable`, async () => {
      const decision = await decided(said);
      expect(decision).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
      expect(decision.message).to.contain(FAILED).and.match(message);
      expect(asked).to.equal(requests);
    });
  }

  for (const [cause, said] of [
    ['a good answer', [good]],
    ['RESOURCE_EXHAUSTED, then a good answer', [{ code: status.RESOURCE_EXHAUSTED }, good]],
  ] as const) {
    it(`${cause}: Promote, ReviewerAgrees`, async () => {
      expect(await decided(said)).to.include({ verdict: 'Promote', reason: 'ReviewerAgrees' });
      expect(asked).to.equal(said.length);
    });
  }

  it('no connection: Inconclusive, ReviewerUnavailable', async () => {
    server.forceShutdown();
    const decision = await decided([good]);
    expect(decision).to.include({ verdict: 'Inconclusive', reason: 'ReviewerUnavailable' });
    expect(decision.message)
      .to.contain(FAILED)
      .and.match(/it gave no answer \(gRPC 14\)/);
  });
});
