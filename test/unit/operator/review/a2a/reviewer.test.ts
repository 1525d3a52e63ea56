import { TaskState } from '@a2a-js/sdk';
import { expect } from 'chai';
import {
  A2A_PROMOTES,
  type A2AAgentDouble,
  type A2AAgentOptions,
  type Conduct,
  dataPart,
  startA2AAgentDouble,
  textPart,
} from '../../../../lab/doubles/a2a-agent.ts';
import { AGENT_ABORTS, AGENT_PROMOTES } from '../../../../lab/doubles/kubernetes-agent.ts';
import { captureLog, type LogCapture } from '../../../../support/log-capture.ts';
import { reviewRequest } from '../fixtures.ts';
import { codedFailure, reviewsBy } from '../reviews.ts';

const SELECTORS = { stableSelector: 'role=stable', canarySelector: 'role=canary' };
const WAYS = [
  { binding: 'JSONRPC', streaming: true },
  { binding: 'JSONRPC', streaming: false },
  { binding: 'HTTP+JSON', streaming: true },
  { binding: 'HTTP+JSON', streaming: false },
  { binding: 'GRPC', streaming: true },
  { binding: 'GRPC', streaming: false },
] as const;

describe('the reviewer that speaks A2A', () => {
  let agent: A2AAgentDouble;
  afterEach(() => agent.close());

  async function started(options: A2AAgentOptions = {}): Promise<void> {
    agent = await startA2AAgentDouble(options);
  }

  const review = reviewsBy('a2a', () => ({
    config: { a2a: { url: agent.url }, allowedOrigins: () => [agent.grpcURL] },
    request: reviewRequest(SELECTORS),
  }));

  for (const { binding, streaming } of WAYS) {
    describe(`over ${binding}, ${streaming ? 'streaming' : 'asking again'}`, () => {
      beforeEach(() => started({ bindings: [binding], streaming }));

      it('gets an opinion from a data part', async () => {
        const opinion = await review();
        expect(opinion).to.deep.include({
          reviewer: `a2a/${new URL(agent.url).host}`,
          verdict: 'Promote',
          confidence: 88,
          ownEvidence: true,
        });
      });

      it('follows a task that takes its time', async () => {
        const { promise, resolve } = Promise.withResolvers<Conduct>();
        agent.conduct.next({ until: promise });
        const opinion = review();
        await agent.untilMessages(1);
        resolve({ parts: [textPart(JSON.stringify(AGENT_ABORTS))] });
        expect(await opinion).to.deep.include({ verdict: 'Abort', confidence: 95 });
        expect(agent.cancelled).to.deep.equal([]);
      });

      it('puts the pieces of an artifact together', async () => {
        const json = JSON.stringify(A2A_PROMOTES);
        agent.conduct.next({ pieces: [json.slice(0, 10), json.slice(10, 30), json.slice(30)] });
        expect((await review()).verdict).to.equal('Promote');
      });

      it('reads an answer that is a message alone', async () => {
        agent.conduct.next({ message: [textPart(JSON.stringify({ ...A2A_PROMOTES, verdict: 'Abort' }))] });
        expect((await review()).verdict).to.equal('Abort');
      });

      it('cancels the task at once when the review is cancelled', async () => {
        agent.conduct.next('hang');
        const controller = new AbortController();
        const outcome = codedFailure(review({ signal: controller.signal }));
        await agent.untilMessages(1);
        const began = performance.now();
        controller.abort();
        expect((await outcome).code).to.equal('ABORTED');
        await agent.untilCancelled();
        expect(performance.now() - began).to.be.lessThan(2000);
      });

      it('cancels the task when its time is over', async () => {
        agent.conduct.next('hang');
        const error = await codedFailure(review({ timeoutSeconds: 1 }));
        expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
        expect(error.message).to.equal(
          'A2A agent analysis failed: Failed to analyze with kubernetes-agent: context deadline exceeded after 1 s',
        );
        await agent.untilCancelled();
      });

      it('has no opinion where the task fails, and says nothing of its words', async () => {
        agent.conduct.next({ state: TaskState.TASK_STATE_FAILED, text: 'failed to fetch logs: hunter2' });
        const error = await codedFailure(review());
        expect(error.code).to.equal('REVIEWER_UNAVAILABLE');
        expect(error.message)
          .to.match(/^A2A agent analysis failed: Failed to analyze with kubernetes-agent at http/)
          .and.contain('failed to fetch logs: check the RBAC permissions')
          .and.not.contain('hunter2');
      });
    });
  }

  describe('names its message', () => {
    const idOf = async (questionID?: string): Promise<string> => {
      const request = reviewRequest({ ...SELECTORS, ...(questionID === undefined ? {} : { questionID }) });
      await review({ request });
      return agent.messages.at(-1)?.messageId ?? '';
    };

    it('after the question, so that an agent can tell when it is asked again', async () => {
      await started();
      const first = await idOf('uid/1/0');
      expect(first).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(await idOf('uid/1/0')).to.equal(first);
      const others = [await idOf('uid/2/0'), await idOf('uid/1/1'), await idOf('other/1/0')];
      expect(new Set([first, ...others])).to.have.lengthOf(4);
    });

    it('anew each time where nobody repeats the question', async () => {
      await started();
      expect(await idOf()).not.to.equal(await idOf());
    });
  });

  describe('with a bearer token', () => {
    for (const binding of ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const) {
      it(`shows it over ${binding}`, async () => {
        await started({ bindings: [binding], token: 'agent-token' });
        const credentials = [agent.url, agent.grpcURL].map((origin) => ({ origin, secret: 'agent-token' }));
        expect((await review({ config: { credentials } })).verdict).to.equal('Promote');
      });
    }

    it('keeps it from another origin that the card names', async () => {
      await started({ bindings: ['GRPC'], token: 'agent-token' });
      const credentials = [{ origin: agent.url, secret: 'agent-token' }];
      const error = await codedFailure(review({ config: { credentials } }));
      expect(error.message).not.to.contain('agent-token');
      expect(agent.messages).to.deep.equal([]);
    });

    it('keeps it out of the opinion of an agent that echoes it', async () => {
      await started({ bindings: ['GRPC'], token: 'agent-token' });
      const credentials = [agent.url, agent.grpcURL].map((origin) => ({ origin, secret: 'agent-token' }));
      const fields = {
        summary: 'got agent-token',
        rootCause: 'agent-token',
        remediation: 'drop agent-token',
      };
      const citations = [{ id: 'T1', quote: 'Bearer agent-token was sent' }];
      agent.conduct.next({ parts: [dataPart({ ...A2A_PROMOTES, ...fields, citations })] });
      expect(JSON.stringify(await review({ config: { credentials } })))
        .to.contain('got <credential>')
        .and.not.contain('agent-token');
    });

    it('says that authentication failed where it is not taken', async () => {
      await started({ bindings: ['JSONRPC'], token: 'agent-token' });
      const error = await codedFailure(review());
      expect(error.code).to.equal('REVIEWER_UNAUTHORIZED');
      expect(error.message).to.contain('authentication failed; check the credential');
    });
  });

  describe('what the agent is sent', () => {
    beforeEach(() => started());

    it('is the fenced evidence, the owner’s words marked as such, and the context', async () => {
      await review({
        request: reviewRequest({
          ...SELECTORS,
          podName: 'web-canary-1',
          extraPrompt: 'Ignore colour changes. Password hunter2.',
          repoURL: 'https://github.com/acme/shop',
          baseBranch: 'main',
          look: 3,
        }),
      });
      const [text, context] = agent.messages[0]?.parts.map(({ content }) => content?.value) ?? [];
      expect(text)
        .to.contain('BEGIN EVIDENCE n0nce\n{')
        .and.contain("BEGIN OWNER'S WORDS n0nce\nIgnore colour changes. Password <secret>.")
        .and.contain('verdict ("Promote", "Abort" or "Inconclusive")');
      expect(context).to.deep.equal({
        namespace: 'shop',
        rolloutName: 'web',
        stableSelector: 'role=stable',
        canarySelector: 'role=canary',
        podName: 'web-canary-1',
        extraPrompt: 'Ignore colour changes. Password <secret>.',
        repoUrl: 'https://github.com/acme/shop',
        baseBranch: 'main',
        look: 3,
      });
    });

    it('gives it no evidence of its own without selectors', async () => {
      expect((await review({ request: reviewRequest() })).ownEvidence).to.equal(false);
    });

    it('is sent once more where the agent asks to wait', async () => {
      let refusals = 0;
      agent.intercept = ({ path }) => {
        if (path !== '/rpc' || refusals > 0) return undefined;
        refusals += 1;
        return { status: 429, headers: { 'retry-after': '0' }, json: {} };
      };
      expect((await review()).verdict).to.equal('Promote');
      expect(agent.messages).to.have.length(1);
    });
  });

  describe('what is logged of it', () => {
    const about = (lines: LogCapture['lines'], message: string) =>
      lines.find((line) => line['message'] === message);

    for (const binding of ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const) {
      it(`is the message and its task at debug over ${binding}, and the redacted answer at trace`, async () => {
        await started({ bindings: [binding], token: 'agent-token' });
        const summary = 'It said hunter2 and agent-token.';
        agent.conduct.next({ parts: [dataPart({ ...A2A_PROMOTES, summary })] });
        const credentials = [agent.url, agent.grpcURL].map((origin) => ({ origin, secret: 'agent-token' }));
        const { logger, lines } = captureLog();
        await review({ config: { logger, credentials } });
        const made = about(lines, 'The agent made a task of the message');
        const done = about(lines, 'The agent is done with the message');
        const said = about(lines, 'The agent said');
        const { messageId } = agent.messages[0] ?? {};
        expect(made).to.include({ level: 'debug', messageId });
        expect(made?.['task']).to.be.a('string').that.has.lengthOf.above(0);
        expect(done).to.include({
          level: 'debug',
          messageId,
          task: made?.['task'],
          state: 'TASK_STATE_COMPLETED',
        });
        expect(said).to.include({ level: 'trace', task: made?.['task'] });
        expect(said?.['answer']).to.contain('It said <secret> and <credential>.');
        expect(JSON.stringify(lines)).not.to.contain('hunter2').and.not.to.contain('agent-token');
      });
    }

    it('tells of the task that was cancelled', async () => {
      await started();
      agent.conduct.next('hang');
      const { logger, lines } = captureLog();
      const controller = new AbortController();
      const outcome = codedFailure(review({ config: { logger }, signal: controller.signal }));
      await agent.untilMessages(1);
      controller.abort();
      await outcome;
      await agent.untilCancelled();
      const made = about(lines, 'The agent made a task of the message');
      expect(agent.cancelled).to.deep.equal([made?.['task']]);
    });
  });

  const secret = 'a text that nobody may see';
  const ANSWERS: readonly (readonly [string, Conduct, RegExp])[] = [
    ['no parts', { state: TaskState.TASK_STATE_COMPLETED }, /the answer is empty$/],
    ['an empty text', { parts: [textPart('')] }, /the answer is empty$/],
    ['invalid JSON', { parts: [textPart(`{"${secret}`)] }, /not valid JSON$/],
    [
      'words around the JSON',
      { parts: [textPart(`So: ${JSON.stringify(A2A_PROMOTES)}`)] },
      /not valid JSON$/,
    ],
    [
      'two data parts',
      { parts: [dataPart(A2A_PROMOTES), dataPart(A2A_PROMOTES)] },
      /has 2 data parts, not one$/,
    ],
    [
      'another verdict',
      { parts: [dataPart({ ...A2A_PROMOTES, verdict: 'PROMOTE' })] },
      /verdict must be equal/,
    ],
    ['no confidence', { parts: [dataPart({ ...A2A_PROMOTES, confidence: undefined })] }, /'confidence'$/],
    [
      'confidence as a text',
      { parts: [dataPart({ ...A2A_PROMOTES, confidence: '90' })] },
      /confidence must be integer$/,
    ],
    [
      '"promote":"false"',
      { parts: [dataPart({ ...AGENT_PROMOTES, promote: 'false' })] },
      /promote must be boolean$/,
    ],
    [
      'verdict against promote',
      { parts: [dataPart({ ...A2A_PROMOTES, promote: false })] },
      /contradict each other$/,
    ],
    [
      'promote true at confidence 0, which is how failures look',
      { parts: [dataPart({ ...AGENT_PROMOTES, confidence: 0, analysis: secret })] },
      /its own analysis failed; check the agent's logs$/,
    ],
    [
      'verdict Promote at confidence 0, which is how failures look',
      { parts: [dataPart({ ...A2A_PROMOTES, confidence: 0, summary: secret })] },
      /its own analysis failed; check the agent's logs$/,
    ],
    [
      'a verdict of models that all failed',
      { parts: [dataPart({ ...A2A_PROMOTES, modelResults: [{ error: secret }, { error: secret }] })] },
      /its own analysis failed; check the agent's logs$/,
    ],
    ['a rejected task', { state: TaskState.TASK_STATE_REJECTED }, /it rejected the task$/],
    [
      'a request for input',
      { state: TaskState.TASK_STATE_INPUT_REQUIRED },
      /it asks for input, which nobody can give$/,
    ],
    [
      'a request to authenticate',
      { state: TaskState.TASK_STATE_AUTH_REQUIRED },
      /authentication failed; it asks/,
    ],
  ];
  for (const [cause, conduct, message] of ANSWERS) {
    it(`has no opinion after ${cause}`, async () => {
      await started({ bindings: ['JSONRPC'] });
      agent.conduct.next(conduct);
      const error = await codedFailure(review());
      expect(error.message)
        .to.match(/^A2A agent analysis failed: Failed to analyze with kubernetes-agent at http/)
        .and.match(message);
      expect(error.message).not.to.contain(secret);
    });
  }

  it('waits no longer than its time for the address of a gRPC interface', async () => {
    await started({ bindings: ['JSONRPC'] });
    agent.card.supportedInterfaces = [
      { url: 'agent.agents.svc:8081', protocolBinding: 'GRPC', tenant: '', protocolVersion: '1.0' },
    ];
    const { promise: resolving, resolve } = Promise.withResolvers<void>();
    const controller = new AbortController();
    const outcome = codedFailure(
      review({
        signal: controller.signal,
        config: {
          serviceNamespaces: ['agents'],
          resolve: () => {
            resolve();
            return new Promise(() => {});
          },
        },
      }),
    );
    await resolving;
    controller.abort();
    expect((await outcome).code).to.equal('ABORTED');
  });

  it('takes JSON within one code fence', async () => {
    await started();
    agent.conduct.next({ parts: [textPart(`\`\`\`json\n${JSON.stringify(A2A_PROMOTES)}\n\`\`\``)] });
    expect((await review()).verdict).to.equal('Promote');
  });
});
