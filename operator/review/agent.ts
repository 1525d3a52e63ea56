import { CodedError } from '../../crds/errors.ts';
import { exchange, type HttpAnswer, type HttpOptions, type HttpRequest, systemResolve } from './http.ts';
import { allowedURL, credentialFor, type OriginPolicy, originPolicy, vetAddress } from './origin.ts';
import type { ReviewConfig, ReviewLogger } from './reviewer.ts';

/** The longest answer of an agent, bytes: an opinion takes a few kilobytes. */
export const MAX_AGENT_ANSWER_BYTES = 4 * 1024 * 1024;

/** The agent at one URL, for one review. */
export interface Agent {
  /** Without a trailing slash. */
  readonly url: string;
  /** Which other origins its card may name. */
  readonly policy: OriginPolicy;
  readonly http: HttpOptions;
  /** The bearer token that was configured for an origin, if any. */
  readonly tokenFor: (url: URL) => string | undefined;
  /** Asks for something below the URL. */
  request(
    path: string,
    options: Pick<HttpRequest, 'method' | 'signal' | 'maxBytes'> & { readonly body?: object },
  ): Promise<HttpAnswer>;
}

/** More of an answer is not redacted for a log, which shows less of it, characters. */
const MAX_TRACED = 64 * 1024;

/** Shows what an agent answered, redacted, to who looks on at trace. */
export function traceAnswer(
  logger: ReviewLogger,
  fields: { readonly url: string; readonly task?: string | undefined },
  text: string,
  redact: (text: string) => string,
): void {
  if (logger.isEnabled('trace'))
    logger.trace('The agent said', { ...fields, answer: redact(text.slice(0, MAX_TRACED)) });
}

/** What an agent is called in opinions, conditions and logs. */
export function agentName(url: string | undefined): string {
  return `a2a/${url !== undefined && URL.canParse(url) ? new URL(url).host : 'unknown'}`.slice(0, 253);
}

/**
 * The agent at a URL, with the token that was configured for its origin.
 * @throws CodedError `CONFIG_INVALID` when nobody names one, `ORIGIN_FORBIDDEN` when it may not be called.
 */
export function openAgent(text: string | undefined, namespace: string, config: ReviewConfig): Agent {
  if (text === undefined) {
    throw new CodedError(
      'CONFIG_INVALID',
      'agentUrl is required: neither spec nor K8S_AGENT_URL names an agent',
    );
  }
  const policy = originPolicy(config, namespace);
  const base = allowedURL(text, policy);
  const url = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;
  const tokenFor = (target: URL): string | undefined => credentialFor(target, config.credentials ?? []);
  const token = tokenFor(base);
  const http: HttpOptions = {
    resolve: config.resolve ?? systemResolve,
    vetAddress: (address, target) => vetAddress(address, target, policy),
  };
  return {
    url,
    policy,
    http,
    tokenFor,
    request: (path, { body, ...rest }) =>
      exchange(
        {
          ...rest,
          url: new URL(`${url}${path}`),
          headers: {
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        http,
      ),
  };
}
