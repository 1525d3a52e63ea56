import { type Answer, type HttpDouble, type RecordedRequest, startHttpDouble } from './http-double.ts';
import { Script } from './script.ts';

/** The body of `POST /a2a/analyze`. */
export interface AnalyzeRequest {
  readonly userId: string;
  readonly memoryId: string;
  readonly prompt: string;
  readonly context: Readonly<Record<string, string>>;
}

/** The kubernetes-agent's REST interface. */
export interface KubernetesAgentDouble extends HttpDouble {
  /** Answers to `POST /a2a/analyze`. */
  readonly analyses: Script<Answer | ((request: AnalyzeRequest) => Answer)>;
  /** Answers to `GET /a2a/health`. */
  readonly health: Script<Answer>;
  /** Answers to `GET /q/health`. */
  readonly quarkusHealth: Script<Answer>;
}

/** An answer that promotes. */
export const AGENT_PROMOTES = {
  analysis: 'Stable and canary behave alike.',
  rootCause: 'None',
  remediation: 'None',
  prLink: null,
  promote: true,
  confidence: 85,
};

/** An answer that aborts and brings a pull request. */
export const AGENT_ABORTS = {
  analysis: 'The canary cannot reach its database.',
  rootCause: 'DB_HOST names a host that does not exist',
  remediation: 'Set DB_HOST back to db.shop.svc',
  prLink: 'https://github.com/acme/shop/pull/7',
  promote: false,
  confidence: 95,
};

/** Starts an agent that is healthy and promotes until told otherwise. */
export async function startKubernetesAgentDouble(): Promise<KubernetesAgentDouble> {
  const analyses: KubernetesAgentDouble['analyses'] = new Script({ body: AGENT_PROMOTES });
  const health = new Script<Answer>({
    body: { status: 'healthy', agent: 'KubernetesAgent', version: '1.0.0' },
  });
  const quarkusHealth = new Script<Answer>({ body: { status: 'UP', checks: [] } });
  const double = await startHttpDouble((request) => {
    switch (`${request.method} ${request.path}`) {
      case 'GET /a2a/health':
        return health.take();
      case 'GET /q/health':
        return quarkusHealth.take();
      case 'POST /a2a/analyze': {
        const body = parseRequest(request);
        if (body === undefined) return { status: 400, body: { error: 'malformed request' } };
        const answer = analyses.take();
        return typeof answer === 'function' ? answer(body) : answer;
      }
      default:
        return { status: 404, body: { error: 'not found' } };
    }
  });
  return Object.assign(double, { analyses, health, quarkusHealth });
}

function parseRequest({ body, headers }: RecordedRequest): AnalyzeRequest | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return undefined;
  try {
    const request = JSON.parse(body) as AnalyzeRequest;
    const texts = [request.userId, request.memoryId, request.prompt, ...Object.values(request.context)];
    return texts.every((text) => typeof text === 'string') ? request : undefined;
  } catch {
    return undefined;
  }
}
