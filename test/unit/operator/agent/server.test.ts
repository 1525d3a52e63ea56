import { type Message, type Part, Role, type Task, TaskState } from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { expect } from 'chai';
import { systemClock } from '../../../../crds/client/clock.ts';
import { CodedError } from '../../../../crds/errors.ts';
import { type Analyst, type RunningAgent, serveAgent } from '../../../../operator/agent/index.ts';
import type { Question } from '../../../../operator/agent/question.ts';
import { nothingToJudge, type Reply } from '../../../../operator/agent/reply.ts';
import { Busy } from '../../../../operator/agent/slots.ts';
import { silentLogger } from '../../../../operator/kernel/logger.ts';

const REPLY: Reply = { ...nothingToJudge('web logs a new error', ''), verdict: 'Abort', confidence: 91 };
const CONTEXT = {
  namespace: 'shop',
  rolloutName: 'web',
  stableSelector: 'role=stable',
  canarySelector: 'role=canary',
  extraPrompt: 'Ignore colour changes.',
};

describe('the agent', () => {
  let agent: RunningAgent;
  let questions: Question[];
  let analyze: (question: Question, signal: AbortSignal) => Promise<Reply>;
  let asked: PromiseWithResolvers<void>;
  let aborted: PromiseWithResolvers<void>;

  async function started(token?: string): Promise<void> {
    questions = [];
    asked = Promise.withResolvers();
    aborted = Promise.withResolvers();
    analyze = async () => REPLY;
    const analyst: Analyst = {
      analyze(question, signal) {
        questions.push(question);
        signal.addEventListener('abort', () => aborted.resolve());
        asked.resolve();
        return analyze(question, signal);
      },
    };
    agent = await serveAgent({
      analyst,
      port: 0,
      grpcPort: 0,
      host: '127.0.0.1',
      version: '1.2.3',
      redact: (text) => text.replaceAll('hunter2', '<secret>'),
      clock: systemClock,
      logger: silentLogger,
      ...(token === undefined ? {} : { token }),
    });
  }

  /** Works until it is cancelled. */
  function hangs(): void {
    analyze = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new CodedError('ABORTED', 'cancelled')));
      });
  }

  const url = (): string => `http://127.0.0.1:${agent.port}`;
  const json = async (path: string, init?: RequestInit): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url()}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    json(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  beforeEach(() => started());
  afterEach(() => agent.close());

  describe('over A2A, to the SDK’s own client', () => {
    const BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const;

    async function client(binding: (typeof BINDINGS)[number]) {
      const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
        transports: [new GrpcTransportFactory()],
        preferredTransports: [binding],
      });
      const factory = new ClientFactory(options);
      return factory.createFromUrl(url());
    }

    const request = (parts: Part[], returnImmediately = false) => ({
      tenant: '',
      message: message(parts),
      configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately },
      metadata: undefined,
    });

    for (const binding of BINDINGS) {
      it(`streams an analysis over ${binding}`, async () => {
        const states: (TaskState | undefined)[] = [];
        let answer: unknown;
        for await (const { payload } of (await client(binding)).sendMessageStream(request([data(CONTEXT)]))) {
          if (payload?.$case === 'statusUpdate') states.push(payload.value.status?.state);
          if (payload?.$case === 'artifactUpdate') answer = payload.value.artifact?.parts[0]?.content?.value;
        }
        expect(states).to.deep.equal([TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_COMPLETED]);
        expect(answer).to.deep.equal(REPLY);
        expect(questions).to.deep.equal([
          {
            namespace: 'shop',
            rollout: 'web',
            stableSelector: 'role=stable',
            canarySelector: 'role=canary',
            extraPrompt: 'Ignore colour changes.',
          },
        ]);
      });

      it(`answers a message at once and tells of its task over ${binding}`, async () => {
        const sdk = await client(binding);
        const task = (await sdk.sendMessage(request([data(CONTEXT)]))) as Task;
        expect(task.status?.state).to.equal(TaskState.TASK_STATE_COMPLETED);
        const again = await sdk.getTask({ tenant: '', id: task.id });
        expect(again.artifacts[0]?.parts[0]?.content?.value).to.deep.equal(REPLY);
      });

      it(`ends an analysis whose task is cancelled over ${binding}`, async () => {
        hangs();
        const sdk = await client(binding);
        const events = sdk.sendMessageStream(request([data(CONTEXT)]));
        const first = (await events.next()).value;
        const id = first?.payload?.$case === 'task' ? first.payload.value.id : '';
        await asked.promise;
        const task = await sdk.cancelTask({ tenant: '', id, metadata: undefined });
        expect(task.status?.state).to.equal(TaskState.TASK_STATE_CANCELED);
        await aborted.promise;
      });

      it(`fails the task of an analysis that fails over ${binding}, and tells no secret`, async () => {
        analyze = () => Promise.reject(new CodedError('EVIDENCE_UNREADABLE', 'forbidden: hunter2'));
        const task = (await (await client(binding)).sendMessage(request([data(CONTEXT)]))) as Task;
        expect(task.status?.state).to.equal(TaskState.TASK_STATE_FAILED);
        const said = task.status?.message?.parts[0]?.content?.value;
        expect(said).to.equal('failed to fetch logs: forbidden: <secret>');
      });
    }

    it('hears which look at the revision it is', async () => {
      await (await client('JSONRPC')).sendMessage(request([data({ ...CONTEXT, look: 3 })]));
      expect(questions[0]).to.include({ look: 3 });
    });

    for (const look of [0, 1.5, '2', 1e9]) {
      it(`rejects ${JSON.stringify(look)} for that`, async () => {
        const sdk = await client('JSONRPC');
        const task = (await sdk.sendMessage(request([data({ ...CONTEXT, look })]))) as Task;
        expect(task.status?.state).to.equal(TaskState.TASK_STATE_REJECTED);
      });
    }

    it('rejects a context that is not one', async () => {
      const task = (await (
        await client('JSONRPC')
      ).sendMessage(request([data({ ...CONTEXT, namespace: '../kube-system' })]))) as Task;
      expect(task.status?.state).to.equal(TaskState.TASK_STATE_REJECTED);
      expect(questions).to.deep.equal([]);
    });

    it('rejects what there is no room for', async () => {
      analyze = () => Promise.reject(new Busy('too many analyses wait already'));
      const task = (await (await client('JSONRPC')).sendMessage(request([data(CONTEXT)]))) as Task;
      expect(task.status?.state).to.equal(TaskState.TASK_STATE_REJECTED);
    });

    it('asks about nothing where the message has words alone', async () => {
      await (await client('JSONRPC')).sendMessage(request([text('Promote it, please.')]));
      expect(questions).to.deep.equal([{}]);
    });
  });

  describe('as a kubernetes-agent', () => {
    /** As the older plugin writes it. */
    const OLD_REQUEST =
      '{"userId":"argo-rollouts","memoryId":"rollout:shop/web","prompt":"Analyze canary deployment. Compare stable and canary logs.","context":{"namespace":"shop","rolloutName":"web","stableSelector":"role=stable","canarySelector":"role=canary","podName":"web-1","extraPrompt":"Ignore colour changes.","repoUrl":"https://github.com/acme/shop","baseBranch":"main"}}';

    it('answers the older plugin’s request, byte for byte', async () => {
      const { status, body } = await post('/a2a/analyze', OLD_REQUEST);
      expect(status).to.equal(200);
      expect(body).to.deep.include({
        promote: false,
        confidence: 91,
        analysis: 'web logs a new error',
        prLink: null,
      });
      expect(questions).to.deep.equal([
        {
          namespace: 'shop',
          rollout: 'web',
          stableSelector: 'role=stable',
          canarySelector: 'role=canary',
          podName: 'web-1',
          extraPrompt: 'Ignore colour changes.',
          repoURL: 'https://github.com/acme/shop',
          baseBranch: 'main',
        },
      ]);
    });

    const REFUSED: readonly (readonly [string, () => Promise<Reply>, number, string])[] = [
      [
        'logs that may not be read',
        () => Promise.reject(new CodedError('EVIDENCE_UNREADABLE', 'pods is forbidden')),
        500,
        'Error: failed to fetch logs: pods is forbidden',
      ],
      [
        'a selector that finds nothing',
        () => Promise.reject(new CodedError('SELECTOR_EMPTY', 'the canary selector finds nothing')),
        422,
        'Error: the canary selector finds nothing',
      ],
      ['no room', () => Promise.reject(new Busy('too many')), 429, 'Error: too many'],
      [
        'a fault of its own',
        () => Promise.reject(new Error('hunter2')),
        500,
        'Error: the analysis failed unexpectedly; see the log of the agent',
      ],
    ];
    for (const [cause, fails, status, analysis] of REFUSED) {
      it(`never promotes after ${cause}`, async () => {
        analyze = fails;
        const answer = await post('/a2a/analyze', OLD_REQUEST);
        expect(answer.status).to.equal(status);
        expect(answer.body).to.deep.include({ promote: false, confidence: 0, analysis });
      });
    }

    for (const [what, body] of [
      ['no JSON', '{'],
      ['a list', []],
      ['no prompt', { context: CONTEXT }],
      ['a context of words', { prompt: 'x', context: 'shop' }],
      ['a number for a selector', { prompt: 'x', context: { ...CONTEXT, stableSelector: 1 } }],
      ['a path for a namespace', { prompt: 'x', context: { ...CONTEXT, namespace: 'a/../b' } }],
      [
        'an endless prompt of the owner',
        { prompt: 'x', context: { ...CONTEXT, extraPrompt: 'x'.repeat(9000) } },
      ],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const answer = await post('/a2a/analyze', body);
        expect(answer.status).to.equal(400);
        expect(answer.body).to.deep.include({ promote: false });
        expect(questions).to.deep.equal([]);
      });
    }

    it('refuses a body of more than 1 MiB', async () => {
      const answer = await post('/a2a/analyze', { prompt: 'x'.repeat(1024 * 1024 + 1) });
      expect(answer.status).to.equal(413);
    });

    it('ends the analysis of a caller who has gone', async () => {
      hangs();
      const controller = new AbortController();
      const call = fetch(`${url()}/a2a/analyze`, {
        method: 'POST',
        body: OLD_REQUEST,
        signal: controller.signal,
      });
      const gone = call.catch(() => 'gone');
      await asked.promise;
      controller.abort();
      expect(await gone).to.equal('gone');
      await aborted.promise;
    });

    it('is healthy in both places', async () => {
      expect(await json('/a2a/health')).to.deep.equal({
        status: 200,
        body: { status: 'healthy', agent: 'canary-analysis', version: '1.2.3' },
      });
      expect(await json('/q/health')).to.deep.equal({ status: 200, body: { status: 'UP', checks: [] } });
    });
  });

  it('names itself in its card where the caller reached it', async () => {
    const { body } = await json('/.well-known/agent-card.json');
    const { supportedInterfaces } = body as {
      supportedInterfaces: { url: string; protocolBinding: string }[];
    };
    expect(
      supportedInterfaces.map(({ protocolBinding, url: at }) => `${protocolBinding} ${at}`),
    ).to.deep.equal([
      `JSONRPC ${url()}/a2a/rpc`,
      `HTTP+JSON ${url()}/a2a/v1`,
      `GRPC 127.0.0.1:${agent.grpcPort}`,
    ]);
  });

  it('does not serve what it has not', async () => {
    expect((await json('/')).status).to.equal(404);
    expect((await json('/a2a/analyze')).status).to.equal(405);
    expect((await json('/a2a/v1/tasks/none', { headers: { 'a2a-version': '1.0' } })).status).to.equal(404);
    expect((await json('/a2a/v1/tasks')).status).to.equal(404);
  });

  it('refuses another version of the protocol', async () => {
    const { body } = await post('/a2a/rpc', { jsonrpc: '2.0', id: 7, method: 'SendMessage', params: {} });
    expect(body).to.have.nested.property('error.code', -32009);
    expect(body).to.have.property('id', 7);
  });

  it('ends what is in flight when it is closed', async () => {
    hangs();
    const call = post('/a2a/analyze', { prompt: 'x', context: CONTEXT });
    await asked.promise;
    await agent.close();
    expect((await call).status).to.equal(503);
    await started();
  });

  describe('that asks for a token', () => {
    beforeEach(async () => {
      await agent.close();
      await started('agent-token');
    });

    it('answers only who shows it, but health and card to everybody', async () => {
      expect((await json('/a2a/health')).status).to.equal(200);
      expect((await json('/.well-known/agent-card.json')).status).to.equal(200);
      const question = { prompt: 'x', context: CONTEXT };
      expect((await post('/a2a/analyze', question)).status).to.equal(401);
      expect((await post('/a2a/rpc', {})).status).to.equal(401);
      expect((await post('/a2a/analyze', question, { authorization: 'Bearer other' })).status).to.equal(401);
      expect((await post('/a2a/analyze', question, { authorization: 'Bearer agent-token' })).status).to.equal(
        200,
      );
    });

    it('asks for it over gRPC, too', async () => {
      const transport = await new GrpcTransportFactory().create(`127.0.0.1:${agent.grpcPort}`, {} as never);
      const error = await transport.getTask({ tenant: '', id: 'x' }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('status', 16);
    });
  });
});

function text(value: string): Part {
  return { content: { $case: 'text', value }, mediaType: 'text/plain', filename: '', metadata: undefined };
}

function data(value: unknown): Part {
  return {
    content: { $case: 'data', value },
    mediaType: 'application/json',
    filename: '',
    metadata: undefined,
  };
}

function message(parts: Part[]): Message {
  return {
    messageId: crypto.randomUUID(),
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts,
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}
