import type { AgentCard } from '@a2a-js/sdk';
import { Ajv } from 'ajv';
import { CodedError, isCoded } from '../../../crds/errors.ts';
import type { Agent } from '../agent.ts';
import { agentRefusal } from '../agent-failure.ts';
import { unhealthy } from '../agent-health.ts';
import { look } from '../agent-look.ts';
import { plainText } from '../escape.ts';
import { TEXT } from '../messages.ts';
import { allowedURL } from '../origin.ts';
import type { RetryOptions } from '../retry.ts';

/** Where an agent says what it is and how it is spoken to (A2A 1.0 §8.2, RFC 8615). */
const CARD_PATH = '/.well-known/agent-card.json';
const MAX_CARD_BYTES = 256 * 1024;

/** The protocol bindings of A2A 1.0 (§5.1). */
export const BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const;
export type Binding = (typeof BINDINGS)[number];

/** How an agent is spoken to, by its card. */
export interface AgentInterface {
  readonly binding: Binding;
  /** Vetted; of gRPC `http:` or `https:` with the port. */
  readonly url: URL;
  /** Empty when the agent has none. */
  readonly tenant: string;
}

/** What was found of an agent's card: an interface of A2A 1.0, or that there is no card of that version. */
export type FoundCard =
  | { readonly kind: 'a2a'; readonly interface: AgentInterface; readonly card: AgentCard }
  | { readonly kind: 'none' };

interface RawInterface {
  readonly url: string;
  readonly protocolBinding: string;
  readonly protocolVersion?: string;
  readonly tenant?: string;
}

const CARD_SCHEMA = {
  type: 'object',
  required: ['name', 'supportedInterfaces'],
  properties: {
    name: { type: 'string', minLength: 1 },
    supportedInterfaces: {
      type: 'array',
      minItems: 1,
      maxItems: 64,
      items: {
        type: 'object',
        required: ['url', 'protocolBinding'],
        properties: {
          url: { type: 'string', minLength: 1, maxLength: 2048 },
          protocolBinding: { type: 'string', maxLength: 253 },
          protocolVersion: { type: 'string', maxLength: 64 },
          tenant: { type: 'string', maxLength: 253 },
        },
      },
    },
    capabilities: {
      type: 'object',
      nullable: true,
      properties: { streaming: { type: 'boolean', nullable: true } },
    },
  },
} as const;

/**
 * Reads the agent's card and chooses how to speak to it: the first interface of A2A 1.0 that may be called.
 * No card (4xx) and one of an earlier protocol, which the kubernetes-agent has, are `none`: its REST interface is left.
 * @throws CodedError `REVIEWER_UNAVAILABLE`, `REVIEWER_UNAUTHORIZED`, `REVIEWER_MALFORMED`; `ORIGIN_FORBIDDEN` when every
 *   interface points where this operator may not call; `ABORTED`.
 */
export async function findCard(agent: Agent, options: RetryOptions): Promise<FoundCard> {
  const answer = await look(agent, CARD_PATH, MAX_CARD_BYTES, options).catch((error: unknown) => {
    if (isCoded(error, 'REVIEWER_UNAVAILABLE')) throw unhealthy(agent, CARD_PATH, error.message, error);
    if (isCoded(error, 'REVIEWER_MALFORMED')) throw notACard(agent, error.message);
    throw error;
  });
  const { status } = answer;
  if (status === 401 || status === 403) throw agentRefusal(answer, agent.url, options.clock.now()).error;
  if (status >= 400 && status < 500) return { kind: 'none' };
  if (status !== 200) throw unhealthy(agent, CARD_PATH, `HTTP ${status}`);
  const card = parsed(answer.text);
  if (card === undefined) throw notACard(agent, 'it is not valid JSON');
  if (isEarlierCard(card)) return { kind: 'none' };
  const validate = new Ajv({ strict: true }).compile(CARD_SCHEMA);
  if (!validate(card)) {
    const [error] = validate.errors ?? [];
    const field = error?.instancePath ? error.instancePath.slice(1).replaceAll('/', '.') : 'the card';
    throw notACard(agent, `${field} ${error?.message ?? 'is not valid'}`);
  }
  const chosen = choose(
    agent,
    (card as unknown as { supportedInterfaces: RawInterface[] }).supportedInterfaces,
  );
  return { kind: 'a2a', interface: chosen, card: card as unknown as AgentCard };
}

function choose(agent: Agent, interfaces: readonly RawInterface[]): AgentInterface {
  const spoken = interfaces.flatMap((one) => {
    const binding = BINDINGS.find((name) => name === one.protocolBinding.toUpperCase());
    return binding !== undefined && /^1(\.\d+)?$/.test(one.protocolVersion ?? '1.0')
      ? [{ ...one, binding }]
      : [];
  });
  if (spoken.length === 0) {
    throw notACard(agent, `it offers none of ${BINDINGS.join(', ')} in protocol version 1.0`);
  }
  let refusal: CodedError | undefined;
  for (const { binding, url, tenant = '' } of spoken) {
    try {
      return { binding, url: interfaceURL(agent, url, binding), tenant };
    } catch (error) {
      if (!isCoded(error, 'ORIGIN_FORBIDDEN')) throw error;
      refusal ??= error;
    }
  }
  throw new CodedError(
    'ORIGIN_FORBIDDEN',
    `${TEXT.agentFailed}: the agent card at ${agent.url} points elsewhere: ${refusal?.message ?? ''}`,
    { cause: refusal },
  );
}

/** An interface's URL, if it may be called: at the agent's own origin, or at another one that the operator allows. */
function interfaceURL(agent: Agent, text: string, binding: Binding): URL {
  const own = new URL(agent.url);
  // gRPC addresses are often written without a scheme; whether they are encrypted follows the agent's URL then.
  const bare = binding === 'GRPC' && /^[A-Za-z0-9.-]+:\d{1,5}$/.test(text);
  const full = bare ? `${own.protocol}//${text}` : text;
  if (URL.canParse(full) && new URL(full).origin === own.origin) {
    const url = new URL(full);
    if (url.username === '' && url.password === '') return url;
  }
  return allowedURL(full, agent.policy);
}

/** A card of A2A 0.x: its one URL stands at the top, where 1.0 has a list of interfaces. */
function isEarlierCard(card: unknown): boolean {
  return (
    typeof card === 'object' &&
    card !== null &&
    !('supportedInterfaces' in card) &&
    'url' in card &&
    typeof card.url === 'string' &&
    ('protocolVersion' in card || 'capabilities' in card)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notACard(agent: Agent, problem: string): CodedError {
  return new CodedError(
    'REVIEWER_MALFORMED',
    `${TEXT.agentFailed}: ${agent.url}${CARD_PATH} is not an agent card that can be used: ${plainText(problem, 200)}`,
  );
}
