import type { AgentCard } from '@a2a-js/sdk';

/** Where the interfaces are, below the agent's URL. */
export const PATHS = { card: '/.well-known/agent-card.json', jsonRpc: '/a2a/rpc', rest: '/a2a/v1' } as const;

/** Where an agent can be reached. */
export interface AgentAddress {
  /** `http://kubernetes-agent:8080`, without a trailing slash. */
  readonly url: string;
  /** `kubernetes-agent:8081`, as gRPC clients dial it; gRPC is not offered when absent. */
  readonly grpc?: string;
}

/** What the agent says of itself (A2A 1.0 §4.4.1); JSON-RPC is what it prefers. */
export function agentCard({ url, grpc }: AgentAddress, version: string, asksForToken: boolean): AgentCard {
  const at = (protocolBinding: string, where: string) => ({
    protocolBinding,
    url: where,
    tenant: '',
    protocolVersion: '1.0',
  });
  return {
    name: 'Canary analysis',
    description:
      'Compares logs, pods and events of a canary with those of the stable revision and says whether to promote it.',
    supportedInterfaces: [
      at('JSONRPC', `${url}${PATHS.jsonRpc}`),
      at('HTTP+JSON', `${url}${PATHS.rest}`),
      ...(grpc === undefined ? [] : [at('GRPC', grpc)]),
    ],
    provider: undefined,
    version,
    capabilities: { streaming: true, pushNotifications: false, extensions: [] },
    securitySchemes: asksForToken
      ? {
          bearer: {
            scheme: {
              $case: 'httpAuthSecurityScheme',
              value: { description: '', scheme: 'Bearer', bearerFormat: '' },
            },
          },
        }
      : {},
    securityRequirements: asksForToken ? [{ schemes: { bearer: { list: [] } } }] : [],
    defaultInputModes: ['application/json', 'text/plain'],
    defaultOutputModes: ['application/json'],
    skills: [
      {
        id: 'canary-analysis',
        name: 'Canary analysis',
        description:
          'Give a data part {namespace, rolloutName?, stableSelector, canarySelector, extraPrompt?}; the answer is a data part {verdict, promote, confidence, analysis, rootCause, remediation, …}.',
        tags: ['kubernetes', 'canary', 'argo-rollouts', 'logs'],
        examples: [],
        inputModes: [],
        outputModes: [],
        securityRequirements: [],
      },
    ],
    signatures: [],
  };
}

const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Where the one who asks for the card reached the agent, by the `Host` of the request; undefined when it names no host. */
export function addressOf(host: string | undefined, grpcPort: number | undefined): AgentAddress | undefined {
  if (host === undefined || !HOST.test(host)) return undefined;
  const { hostname } = new URL(`http://${host}`);
  return {
    url: `http://${host}`,
    ...(grpcPort === undefined ? {} : { grpc: `${hostname}:${grpcPort}` }),
  };
}
