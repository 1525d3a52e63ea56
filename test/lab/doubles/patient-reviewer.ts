import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generated } from './gemini.ts';
import { AGENT_ABORTS, AGENT_PROMOTES } from './kubernetes-agent.ts';

const ANALYZE = '/a2a/analyze';
const GENERATE = /^\/v1beta\/models\/([^/:]+):generateContent$/;

/** What a reviewer says; a refusal is no opinion: it takes nobody's key. */
export type Opinion = 'Promote' | 'Abort' | 'Refuse';

/** One question, as somebody waits for its answer. */
export interface Question {
  /** When it was over, in milliseconds since the epoch: answered, or the asker has let go; rejects when the signal fires before. */
  untilClosed(signal: AbortSignal): Promise<number>;
  /** Whether nobody waits any more. */
  readonly isClosed: boolean;
}

interface Asked extends Question {
  isClosed: boolean;
  readonly answer: (opinion: Opinion) => void;
}

/**
 * A kubernetes-agent and a Gemini on one socket that hold every question until they are told what to say. A question belongs
 * to the namespace that it names: for the agent in its context, for Gemini as the name of the model.
 */
export class Reviewer {
  readonly #server: Server;
  readonly #asked = new Map<string, Asked[]>();
  readonly #opinions = new Map<string, Opinion>();
  readonly #waiters = new Set<() => void>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** Starts one on a free port of the loopback interface. */
  static async start(): Promise<Reviewer> {
    const reviewer = new Reviewer();
    reviewer.#server.listen(0, '127.0.0.1');
    await once(reviewer.#server, 'listening');
    return reviewer;
  }

  /** Its origin. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The native configuration by which a namespace asks it as an agent. */
  agent(): Readonly<Record<string, unknown>> {
    return { reviewers: [{ a2a: { url: this.url } }] };
  }

  /** The native configuration by which a namespace asks it as a model. */
  model(namespace: string): Readonly<Record<string, unknown>> {
    return { reviewers: [{ gemini: { model: namespace } }] };
  }

  /** All that a namespace has asked so far. */
  questions(namespace: string): readonly Question[] {
    return this.#asked.get(namespace) ?? [];
  }

  /** The first question of a namespace that is still waiting; rejects when the signal fires before there is one. */
  async question(namespace: string, signal: AbortSignal): Promise<Question> {
    for (;;) {
      signal.throwIfAborted();
      const open = this.questions(namespace).find(({ isClosed }) => !isClosed);
      if (open !== undefined) return open;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      this.#waiters.delete(resolve);
    }
  }

  /** Answers what a namespace waits for, and all that it will ask. */
  decide(namespace: string, opinion: Opinion): void {
    this.#opinions.set(namespace, opinion);
    for (const { isClosed, answer } of this.#asked.get(namespace) ?? []) if (!isClosed) answer(opinion);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://reviewer');
    if (request.method === 'GET' && pathname === '/a2a/health') return send(response, { status: 'healthy' });
    const model = GENERATE.exec(pathname)?.[1];
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (model !== undefined)
      return this.#ask(model, response, (opinion) => generated(JSON.stringify(modelOpinion(opinion))));
    if (pathname !== ANALYZE) return void response.writeHead(404).end();
    const { context } = JSON.parse(Buffer.concat(chunks).toString()) as { context: { namespace: string } };
    this.#ask(context.namespace, response, (opinion) =>
      opinion === 'Promote' ? AGENT_PROMOTES : { ...AGENT_ABORTS, prLink: null },
    );
  }

  #ask(namespace: string, response: ServerResponse, said: (opinion: Opinion) => unknown): void {
    const { promise, resolve } = Promise.withResolvers<number>();
    const asked: Asked = {
      untilClosed: (signal) => {
        const late = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => late.reject(signal.reason), { once: true });
        return Promise.race([promise, late.promise]);
      },
      isClosed: false,
      answer: (opinion) =>
        opinion === 'Refuse' ? void response.writeHead(403).end() : send(response, said(opinion)),
    };
    response.once('close', () => {
      asked.isClosed = true;
      resolve(Date.now());
    });
    this.#asked.set(namespace, [...(this.#asked.get(namespace) ?? []), asked]);
    const opinion = this.#opinions.get(namespace);
    if (opinion !== undefined) asked.answer(opinion);
    for (const waiter of this.#waiters) waiter();
  }
}

function modelOpinion(verdict: Opinion) {
  const summary = verdict === 'Promote' ? 'Both sides log the same.' : 'The canary fails orders.';
  return { verdict, confidence: 90, summary, rootCause: '', remediation: '', citations: [] };
}

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
