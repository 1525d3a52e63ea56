import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as the handlers of express see it. */
interface Request extends IncomingMessage {
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
  header(name: string): string | undefined;
}

/** A response as the handlers of express see it. */
interface Response extends ServerResponse {
  status(code: number): Response;
  send(text: string): void;
  json(value: unknown): void;
}

type Next = (error?: unknown) => void;
type Handler = (request: Request, response: Response, next: Next) => unknown;
type ErrorHandler = (error: unknown, request: Request, response: Response, next: Next) => unknown;
type Step = Handler | ErrorHandler;

interface Layer {
  readonly method?: string;
  readonly path?: RegExp;
  readonly steps: readonly Step[];
}

/** What express makes of a path: `:name` is one segment, a backslash takes the next character as it is. */
function pattern(path: string): RegExp {
  const source = path.replaceAll(/\\(.)|:(\w+)|([.*+?^${}()|[\]])/g, (_, literal, name, special) =>
    name === undefined ? `\\${literal ?? special}` : `(?<${name}>[^/]+?)`,
  );
  return new RegExp(`^${source}$`);
}

/** The part of express' router that the handlers of the A2A SDK use: routes in order, parameters, and handlers of errors. */
class Router {
  readonly #layers: Layer[] = [];

  use(...steps: readonly Step[]): void {
    this.#layers.push({ steps });
  }

  get(path: string, ...steps: readonly Step[]): void {
    this.#layers.push({ method: 'GET', path: pattern(path), steps });
  }

  post(path: string, ...steps: readonly Step[]): void {
    this.#layers.push({ method: 'POST', path: pattern(path), steps });
  }

  delete(path: string, ...steps: readonly Step[]): void {
    this.#layers.push({ method: 'DELETE', path: pattern(path), steps });
  }

  /** Answers a request whose path, below where the router is mounted, is `path`; 404 where no route does. */
  async handle(incoming: IncomingMessage, outgoing: ServerResponse, path: string): Promise<void> {
    const url = new URL(path, 'http://router');
    const request = Object.assign(incoming, {
      params: {},
      query: Object.fromEntries(url.searchParams),
      body: undefined,
      header: (name: string) => incoming.headers[name.toLowerCase()]?.toString(),
    }) as Request;
    const response = extended(outgoing);
    let error: unknown;
    for (const { method, path: route, steps } of this.#layers) {
      const match = route?.exec(url.pathname);
      if ((method !== undefined && method !== request.method) || match === null) continue;
      request.params = Object.fromEntries(
        Object.entries(match?.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
      );
      for (const step of steps) {
        const took = await run(step, request, response, error);
        if (took.ended) return;
        error = took.error;
      }
    }
    response.status(error === undefined ? 404 : 500).end();
  }
}

/** Runs one handler; one of errors only where there is an error, and the others only where there is none. */
async function run(
  step: Step,
  request: Request,
  response: Response,
  error: unknown,
): Promise<{ readonly ended: boolean; readonly error?: unknown }> {
  const handlesErrors = step.length === 4;
  if (handlesErrors !== (error !== undefined)) return { ended: false, error };
  let went: { readonly error: unknown } | undefined;
  const next: Next = (problem) => {
    went = { error: problem };
  };
  if (handlesErrors) await (step as ErrorHandler)(error, request, response, next);
  else await (step as Handler)(request, response, next);
  return went === undefined ? { ended: true } : { ended: false, ...went };
}

function extended(outgoing: ServerResponse): Response {
  const response: Response = Object.assign(outgoing, {
    status(code: number) {
      response.statusCode = code;
      return response;
    },
    send(text: string) {
      response.end(text);
    },
    json(value: unknown) {
      if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    },
  });
  return response;
}

/** Reads a body that is JSON; one that does not parse is an error that tells of the body, by which the SDK knows it. */
function json(): Handler {
  return async (request, _, next) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (text === '') return next();
    try {
      request.body = JSON.parse(text);
      next();
    } catch (error) {
      next(Object.assign(error as SyntaxError, { body: text }));
    }
  };
}

/**
 * What the A2A SDK's handlers for JSON-RPC and HTTP+JSON, which are the SDK's own server, need of the package express, on
 * Node's own requests and responses.
 */
export default { Router: () => new Router(), json };
export type { Router };
