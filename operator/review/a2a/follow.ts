import type { Message } from '@a2a-js/sdk';
import { abortedError, type Clock } from '../../../crds/client/clock.ts';
import { CodedError } from '../../../crds/errors.ts';
import { MAX_AGENT_ANSWER_BYTES } from '../agent.ts';
import { TEXT } from '../messages.ts';
import { withRetries } from '../retry.ts';
import type { ReviewLogger } from '../reviewer.ts';
import type { AgentClient } from './client.ts';
import { type CallFailure, callFailure } from './failure.ts';
import {
  advance,
  fromMessage,
  fromTask,
  isAtRest,
  isCancellable,
  NOTHING_YET,
  type TaskView,
  taskName,
} from './task-view.ts';

/** Between two looks at a task, milliseconds: at first, and at most. */
const POLL_MS = { first: 250, most: 5000 } as const;
/** Looks in a row that may fail before the task is given up. */
const MAX_FAILED_LOOKS = 5;
/** How long an agent that was let go may take to name the task and to hear that it is cancelled, milliseconds. */
const CANCEL_MS = 5000;
/** An agent that streams this many events is not about to answer. */
const MAX_EVENTS = 10_000;

/** How a task is followed. */
export interface FollowOptions {
  /** Named in errors. */
  readonly url: string;
  /** Lets go of the agent at once; its task is cancelled in the background. */
  readonly signal: AbortSignal;
  /** On {@link Clock.monotonic}: no message is sent again after it. */
  readonly deadline: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: ReviewLogger;
}

/**
 * Sends a message and follows the task that the agent makes of it, by stream or by asking, until it is at rest. However it
 * ends, a task that goes on is cancelled and the client closed.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_UNAUTHORIZED`, `REVIEWER_MALFORMED`, `ORIGIN_FORBIDDEN`, `ABORTED`.
 */
export async function followMessage(
  agent: AgentClient,
  message: Message,
  options: FollowOptions,
): Promise<TaskView> {
  const { signal } = options;
  if (signal.aborted) {
    agent.close();
    throw abortedError(signal, 'the review');
  }
  const follower = new Follower(agent, message, options);
  const { promise: letGo, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortedError(signal, 'the review'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([letGo, follower.follow()]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    void follower.end();
  }
}

class Follower {
  readonly #agent: AgentClient;
  readonly #message: Message;
  readonly #options: FollowOptions;
  /** Ends the requests; fires only after a task that goes on was cancelled. */
  readonly #requests = new AbortController();
  readonly #known = Promise.withResolvers<void>();
  #sent = false;
  #view = NOTHING_YET;

  constructor(agent: AgentClient, message: Message, options: FollowOptions) {
    this.#agent = agent;
    this.#message = message;
    this.#options = options;
  }

  async follow(): Promise<TaskView> {
    try {
      const signal = AbortSignal.any([this.#options.signal, this.#requests.signal]);
      await withRetries(() => this.#send(), { ...this.#options, signal });
      if (!isAtRest(this.#view)) await this.#poll();
      return this.#view;
    } finally {
      this.#known.resolve();
    }
  }

  /** Cancels the task if it goes on, then ends everything; never rejects. */
  async end(): Promise<void> {
    const { clock, logger, url } = this.#options;
    const cancelTimer = clock.setTimer(CANCEL_MS, () => {
      this.#known.resolve();
      this.#requests.abort();
    });
    try {
      if (this.#sent) await this.#known.promise;
      if (isCancellable(this.#view)) {
        const id = this.#view.id ?? '';
        await this.#agent.client.cancelTask({ tenant: '', id, metadata: undefined }, this.#call());
        logger.debug("Cancelled the agent's task", { url, task: taskName(this.#view) });
      }
    } catch (error) {
      const task = taskName(this.#view);
      logger.debug("The agent's task could not be cancelled", {
        url,
        task,
        error: callFailure(error, url).error,
      });
    } finally {
      cancelTimer();
      this.#requests.abort();
      this.#agent.close();
    }
  }

  #call() {
    return { signal: this.#requests.signal, serviceParameters: this.#agent.serviceParameters };
  }

  #saw(view: TaskView): void {
    const { logger, url } = this.#options;
    if (view.id !== undefined && this.#view.id === undefined) {
      const { messageId } = this.#message;
      logger.debug('The agent made a task of the message', { url, messageId, task: taskName(view) });
      this.#known.resolve();
    }
    this.#view = view;
  }

  /** Sends the message; only what the agent did not take up is sent again. */
  async #send(): Promise<{ readonly value: undefined } | CallFailure> {
    const { url } = this.#options;
    this.#sent = true;
    try {
      await (this.#agent.streams ? this.#stream() : this.#sendOnce());
    } catch (error) {
      const failure = callFailure(error, url);
      // A stream that breaks after the task is known leaves it to be asked for.
      if (this.#view.id === undefined || !failure.retry) return { ...failure, retry: failure.untouched };
    }
    if (this.#view.state !== undefined || this.#view.id !== undefined) return { value: undefined };
    throw new CodedError('REVIEWER_MALFORMED', `${TEXT.agentFailed} at ${url}: it ended without an answer`);
  }

  async #stream(): Promise<void> {
    let events = 0;
    let bytes = 0;
    for await (const event of this.#agent.client.sendMessageStream(this.#request(), this.#call())) {
      events += 1;
      bytes += Buffer.byteLength(JSON.stringify(event));
      if (bytes > MAX_AGENT_ANSWER_BYTES) throw tooMuch(`${MAX_AGENT_ANSWER_BYTES} bytes`);
      this.#saw(advance(this.#view, event));
      if (isAtRest(this.#view)) return;
      if (events >= MAX_EVENTS) throw tooMuch(`${MAX_EVENTS} events`);
    }
  }

  async #sendOnce(): Promise<void> {
    const result = await this.#agent.client.sendMessage(this.#request(), this.#call());
    this.#saw('messageId' in result ? fromMessage(result) : fromTask(result));
  }

  #request() {
    return {
      tenant: '',
      message: this.#message,
      configuration: {
        acceptedOutputModes: ['application/json', 'text/plain'],
        taskPushNotificationConfig: undefined,
        returnImmediately: true,
      },
      metadata: undefined,
    };
  }

  /** Asks for the task until it is at rest. */
  async #poll(): Promise<void> {
    const { clock, url } = this.#options;
    const id = this.#view.id;
    if (id === undefined) return;
    let failed = 0;
    for (let pause: number = POLL_MS.first; ; pause = Math.min(pause * 1.5, POLL_MS.most)) {
      await clock.sleep(pause, this.#requests.signal);
      try {
        this.#saw(
          fromTask(await this.#agent.client.getTask({ tenant: '', id, historyLength: 0 }, this.#call())),
        );
        failed = 0;
      } catch (error) {
        const { error: told, retry } = callFailure(error, url);
        failed += 1;
        if (!retry || failed >= MAX_FAILED_LOOKS) throw told;
      }
      if (isAtRest(this.#view)) return;
    }
  }
}

function tooMuch(what: string): CodedError {
  return new CodedError('REVIEWER_MALFORMED', `it streamed more than ${what}`);
}
