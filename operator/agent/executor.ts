import { type Message, type Part, Role, TaskState, type TaskStatus } from '@a2a-js/sdk';
import {
  AgentEvent,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { isCoded } from '../../crds/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Analyst } from './analyst.ts';
import { questionOfMessage } from './question.ts';
import type { Reply } from './reply.ts';
import { Busy } from './slots.ts';

/** Why an analysis ended when the agent stops. */
const STOPPED = Symbol('stopped');

/** Runs analyses as tasks of A2A; each can be cancelled, and all of them at once. */
export class AnalysisExecutor implements AgentExecutor {
  readonly #analyst: Analyst;
  readonly #logger: Logger;
  readonly #redact: (text: string) => string;
  readonly #now: () => number;
  readonly #running = new Map<string, AbortController>();

  constructor(options: {
    readonly analyst: Analyst;
    readonly logger: Logger;
    readonly redact: (text: string) => string;
    /** Milliseconds since the epoch. */
    readonly now: () => number;
  }) {
    this.#analyst = options.analyst;
    this.#logger = options.logger;
    this.#redact = options.redact;
    this.#now = options.now;
  }

  /** The task, then what becomes of it; never rejects. A task that was cancelled says nothing more. */
  execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const { taskId, contextId, userMessage } = context;
    const controller = new AbortController();
    this.#running.set(taskId, controller);
    const status = this.#status(TaskState.TASK_STATE_SUBMITTED);
    bus.publish(
      AgentEvent.task({ id: taskId, contextId, status, artifacts: [], history: [], metadata: undefined }),
    );
    this.#tell(context, bus, TaskState.TASK_STATE_WORKING);
    try {
      const reply = await this.#analyst.analyze(questionOfMessage(userMessage), controller.signal);
      controller.signal.throwIfAborted();
      bus.publish(AgentEvent.artifactUpdate(artifactUpdate(context, reply)));
      this.#tell(context, bus, TaskState.TASK_STATE_COMPLETED, reply.summary);
    } catch (error) {
      const { aborted, reason } = controller.signal;
      if (reason === STOPPED) this.#tell(context, bus, TaskState.TASK_STATE_FAILED, 'the agent stops');
      else if (!aborted) this.#fail(context, bus, error);
    } finally {
      this.#running.delete(taskId);
    }
  };

  /** Ends the analysis of a task; it is Canceled at once. */
  cancelTask = async (taskId: string, bus: ExecutionEventBus): Promise<void> => {
    this.#logger.info('Analysis cancelled', { task: taskId });
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId: '',
        status: this.#status(TaskState.TASK_STATE_CANCELED),
        metadata: undefined,
      }),
    );
    this.#running.get(taskId)?.abort();
  };

  /** Ends all analyses: their tasks fail. */
  stop(): void {
    for (const controller of this.#running.values()) controller.abort(STOPPED);
  }

  #fail(context: RequestContext, bus: ExecutionEventBus, error: unknown): void {
    const { state, text } = failureOf(error);
    this.#logger.warn('Analysis failed', { task: context.taskId, error });
    this.#tell(context, bus, state, this.#redact(text));
  }

  #tell(context: RequestContext, bus: ExecutionEventBus, state: TaskState, text?: string): void {
    const { taskId, contextId } = context;
    const said = text === undefined ? undefined : messageOf(context, text);
    const status = { ...this.#status(state), message: said };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
  }

  #status(state: TaskState): TaskStatus {
    return { state, message: undefined, timestamp: new Date(this.#now()).toISOString() };
  }
}

function failureOf(error: unknown): { readonly state: TaskState; readonly text: string } {
  if (error instanceof Busy) return { state: TaskState.TASK_STATE_REJECTED, text: error.message };
  if (isCoded(error, 'CONFIG_INVALID')) return { state: TaskState.TASK_STATE_REJECTED, text: error.message };
  return { state: TaskState.TASK_STATE_FAILED, text: analysisFailure(error) };
}

/** What went wrong, with the documented words for logs that could not be read. */
export function analysisFailure(error: unknown): string {
  if (!isCoded(error)) return 'the analysis failed unexpectedly; see the log of the agent';
  const reading = error.code === 'EVIDENCE_UNREADABLE' || error.code.startsWith('API_');
  return reading ? `failed to fetch logs: ${error.message}` : error.message;
}

function artifactUpdate({ taskId, contextId }: RequestContext, reply: Reply) {
  const content: Part['content'] = { $case: 'data', value: reply };
  return {
    taskId,
    contextId,
    artifact: {
      artifactId: 'analysis',
      name: 'analysis',
      description: 'The verdict on the canary, with its reasons',
      parts: [{ content, mediaType: 'application/json', filename: '', metadata: undefined }],
      metadata: undefined,
      extensions: [],
    },
    append: false,
    lastChunk: true,
    metadata: undefined,
  };
}

function messageOf({ taskId, contextId }: RequestContext, text: string): Message {
  return {
    messageId: `${taskId}-status`,
    contextId,
    taskId,
    role: Role.ROLE_AGENT,
    parts: [
      { content: { $case: 'text', value: text }, mediaType: 'text/plain', filename: '', metadata: undefined },
    ],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}
