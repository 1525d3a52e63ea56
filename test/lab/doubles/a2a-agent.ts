import { type AgentCard, type Message, type Part, Role, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { A2AService, grpcService, UserBuilder } from '@a2a-js/sdk/server/grpc';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type A2AHttpOptions, serveA2AHttp } from './a2a-http.ts';
import { Script } from './script.ts';

/** What the agent does with one message. */
export type Conduct =
  /** Works for a moment and completes the task with an artifact of these parts. */
  | { readonly parts: readonly Part[] }
  /** The artifact comes in as many pieces. */
  | { readonly pieces: readonly string[] }
  /** Answers with a message and makes no task. */
  | { readonly message: readonly Part[] }
  /** Ends the task in a state, with a text. */
  | { readonly state: TaskState; readonly text?: string }
  /** Works until it is cancelled, or until `resolve` is called with what it does then. */
  | { readonly until: Promise<Conduct> }
  /** Works until it is cancelled. */
  | 'hang';

/** How a double is set up. */
export interface A2AAgentOptions {
  /** All three when absent; the first is preferred. */
  readonly bindings?: readonly ('JSONRPC' | 'HTTP+JSON' | 'GRPC')[];
  /** True when absent. */
  readonly streaming?: boolean;
  /** Asked for on every path but the card when set; gRPC, too. */
  readonly token?: string;
}

/** An A2A agent on real sockets that is the SDK's own server on each of its transports; it shares no code with the project's agent. */
export interface A2AAgentDouble {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT` of gRPC. */
  readonly grpcURL: string;
  /** What the card holds; change it before it is asked for. */
  readonly card: AgentCard;
  readonly messages: readonly Message[];
  /** Ids of cancelled tasks. */
  readonly cancelled: readonly string[];
  /** Paths that were asked for over HTTP. */
  readonly requests: readonly string[];
  readonly conduct: Script<Conduct>;
  /** Answers in place of the agent's own, by path; undefined leaves it to the agent. */
  intercept: A2AHttpOptions['intercept'];
  untilMessages(count: number): Promise<void>;
  untilCancelled(): Promise<void>;
  close(): Promise<void>;
}

/** Part of an answer. */
export const textPart = (value: string): Part => ({
  content: { $case: 'text', value },
  mediaType: 'text/plain',
  filename: '',
  metadata: undefined,
});
export const dataPart = (value: unknown): Part => ({
  content: { $case: 'data', value },
  mediaType: 'application/json',
  filename: '',
  metadata: undefined,
});

/** An opinion that promotes. */
export const A2A_PROMOTES = {
  verdict: 'Promote',
  confidence: 88,
  summary: 'Stable and canary behave alike.',
  rootCause: '',
  remediation: '',
  citations: [],
};

/** Starts an agent that promotes until told otherwise. */
export async function startA2AAgentDouble(options: A2AAgentOptions = {}): Promise<A2AAgentDouble> {
  const { bindings = ['JSONRPC', 'HTTP+JSON', 'GRPC'], streaming = true, token } = options;
  const conduct = new Script<Conduct>({ parts: [dataPart(A2A_PROMOTES)] });
  const messages: Message[] = [];
  const cancelled: string[] = [];
  const requests: string[] = [];
  const waiters = new Set<() => void>();
  const changed = (): void => {
    for (const waiter of waiters) waiter();
  };
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        waiters.delete(check);
        resolve();
      };
      waiters.add(check);
      check();
    });
  const card: AgentCard = {
    name: 'double',
    description: 'an agent for tests',
    supportedInterfaces: [],
    provider: undefined,
    version: '1',
    capabilities: { streaming, pushNotifications: false, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['application/json'],
    skills: [],
    signatures: [],
  };
  const executor = new DoubleExecutor(
    conduct,
    (message) => {
      messages.push(message);
      changed();
    },
    (id) => {
      cancelled.push(id);
      changed();
    },
  );
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  const grpc = new Server();
  grpc.addService(A2AService, {
    ...grpcService({
      requestHandler: handler,
      userBuilder: async (call) => {
        if (token !== undefined && call.metadata.get('authorization')[0] !== `Bearer ${token}`) {
          throw new Error('unauthenticated');
        }
        return UserBuilder.noAuthentication();
      },
    }),
  });
  const grpcPort = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  const double = {
    card,
    messages,
    cancelled,
    requests,
    conduct,
    intercept: (() => undefined) as A2AHttpOptions['intercept'],
    untilMessages: (count: number) => until(() => messages.length >= count),
    untilCancelled: () => until(() => cancelled.length > 0),
  };
  const server = await serveA2AHttp({
    handler,
    card: () => card,
    ...(token === undefined ? {} : { token }),
    intercept: (request) => {
      requests.push(`${request.method} ${request.path}`);
      return double.intercept(request);
    },
  });
  const { url } = server;
  const grpcURL = `http://127.0.0.1:${grpcPort}`;
  const urls = { JSONRPC: `${url}/rpc`, 'HTTP+JSON': `${url}/rest`, GRPC: `127.0.0.1:${grpcPort}` };
  card.supportedInterfaces = bindings.map((protocolBinding) => ({
    protocolBinding,
    url: urls[protocolBinding],
    tenant: '',
    protocolVersion: '1.0',
  }));
  return Object.assign(double, {
    url,
    grpcURL,
    async close() {
      executor.close();
      await server.close();
      grpc.forceShutdown();
    },
  });
}

class DoubleExecutor implements AgentExecutor {
  readonly #conduct: Script<Conduct>;
  readonly #onMessage: (message: Message) => void;
  readonly #onCancel: (id: string) => void;
  readonly #ends = new Map<string, () => void>();

  constructor(
    conduct: Script<Conduct>,
    onMessage: (message: Message) => void,
    onCancel: (id: string) => void,
  ) {
    this.#conduct = conduct;
    this.#onMessage = onMessage;
    this.#onCancel = onCancel;
  }

  execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const conduct = this.#conduct.take();
    const { taskId, contextId } = context;
    if (conduct !== 'hang' && 'message' in conduct) {
      bus.publish(AgentEvent.message(message(contextId, '', conduct.message)));
      this.#onMessage(context.userMessage);
      return;
    }
    bus.publish(
      AgentEvent.task({
        id: taskId,
        contextId,
        status: status(TaskState.TASK_STATE_SUBMITTED),
        artifacts: [],
        history: [],
        metadata: undefined,
      }),
    );
    bus.publish(AgentEvent.statusUpdate(update(context, TaskState.TASK_STATE_WORKING)));
    const cancelled = new Promise<'hang'>((resolve) => this.#ends.set(taskId, () => resolve('hang')));
    this.#onMessage(context.userMessage);
    await this.#carryOut(conduct, context, bus, cancelled);
    this.#ends.delete(taskId);
  };

  async #carryOut(
    conduct: Conduct,
    context: RequestContext,
    bus: ExecutionEventBus,
    cancelled: Promise<'hang'>,
  ): Promise<void> {
    if (conduct === 'hang') {
      await cancelled;
      return;
    }
    if ('until' in conduct) {
      const next = await Promise.race([conduct.until, cancelled]);
      if (next !== 'hang') await this.#carryOut(next, context, bus, cancelled);
      return;
    }
    const { taskId, contextId } = context;
    const artifact = (parts: readonly Part[], append: boolean, lastChunk: boolean): void =>
      bus.publish(
        AgentEvent.artifactUpdate({
          taskId,
          contextId,
          artifact: {
            artifactId: 'answer',
            name: 'answer',
            description: '',
            parts: [...parts],
            metadata: undefined,
            extensions: [],
          },
          append,
          lastChunk,
          metadata: undefined,
        }),
      );
    if ('parts' in conduct) artifact(conduct.parts, false, true);
    if ('pieces' in conduct) {
      for (const [index, piece] of conduct.pieces.entries()) {
        artifact([textPart(piece)], index > 0, index === conduct.pieces.length - 1);
      }
    }
    const end = 'state' in conduct ? conduct.state : TaskState.TASK_STATE_COMPLETED;
    const text = 'state' in conduct ? conduct.text : undefined;
    bus.publish(AgentEvent.statusUpdate(update(context, end, text)));
  }

  cancelTask = async (taskId: string, bus: ExecutionEventBus): Promise<void> => {
    this.#onCancel(taskId);
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId: '',
        status: status(TaskState.TASK_STATE_CANCELED),
        metadata: undefined,
      }),
    );
    this.#ends.get(taskId)?.();
  };

  close(): void {
    for (const end of this.#ends.values()) end();
  }
}

function update({ taskId, contextId }: RequestContext, state: TaskState, text?: string) {
  const said = text === undefined ? undefined : message(contextId, taskId, [textPart(text)]);
  return { taskId, contextId, status: { ...status(state), message: said }, metadata: undefined };
}

function status(state: TaskState) {
  return { state, message: undefined, timestamp: undefined };
}

function message(contextId: string, taskId: string, parts: readonly Part[]): Message {
  return {
    messageId: crypto.randomUUID(),
    contextId,
    taskId,
    role: Role.ROLE_AGENT,
    parts: [...parts],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}
