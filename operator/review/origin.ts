import { isIP } from 'node:net';
import { CodedError } from '../../crds/errors.ts';
import { isForbiddenAddress, isLocalAddress, isMetadataHost } from './addresses.ts';
import type { Credential, ReviewConfig } from './reviewer.ts';

/** Which origins reviewers may be called at. */
export interface OriginPolicy {
  /** Named by the operator's configuration, e.g. `https://llm.example.com`; a path is ignored. */
  readonly configured: readonly string[];
  /** Namespaces whose Services may be called, at any port. */
  readonly serviceNamespaces: readonly string[];
  /** `cluster.local` when absent. */
  readonly clusterDomain?: string;
}

/** Where Google serves the Gemini API. */
export const GEMINI_URL = 'https://generativelanguage.googleapis.com';

/** Where OpenAI serves its API. */
export const OPENAI_URL = 'https://api.openai.com/v1';

/** The policy for an analysis in a namespace: the configured origins, its own Services and those of the configured namespaces. */
export function originPolicy(config: ReviewConfig, namespace: string): OriginPolicy {
  const { gemini, openAI, a2a, allowedOrigins, serviceNamespaces = [], clusterDomain } = config;
  return {
    configured: [
      gemini?.baseURL ?? GEMINI_URL,
      openAI?.baseURL ?? OPENAI_URL,
      ...(a2a?.url === undefined ? [] : [a2a.url]),
      ...(allowedOrigins?.(namespace) ?? []),
    ],
    serviceNamespaces: [namespace, ...serviceNamespaces],
    ...(clusterDomain === undefined ? {} : { clusterDomain }),
  };
}

/** Where the list of allowed origins is set; named in errors. */
export const ALLOWED_ORIGINS_SETTING =
  "reviewers.allowedOrigins, or the namespace's allowances, in the operator's configuration";

/**
 * The URL, if it may be called: http or https, without user info, neither link-local nor cloud metadata,
 * and of a configured origin or a Service of an allowed namespace (`*.NAMESPACE.svc[.DOMAIN]`).
 * @throws CodedError `ORIGIN_FORBIDDEN` naming the origin and the setting to change.
 */
export function allowedURL(text: string, policy: OriginPolicy): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw forbidden('the reviewer URL does not parse', 'correct it');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw forbidden(`${url.protocol}// may not be called`, 'use http or https');
  }
  if (url.username !== '' || url.password !== '') {
    throw forbidden(
      `the reviewer URL at ${url.origin} holds user info`,
      "remove it and set a credential in the operator's configuration",
    );
  }
  const host = hostOf(url);
  if (isMetadataHost(host) || isForbiddenAddress(host)) throw metadata(url);
  if (!isConfigured(url, policy) && !isService(host, policy)) {
    throw forbidden(
      `${url.origin} is not an origin that this operator may call`,
      `add it to ${ALLOWED_ORIGINS_SETTING}`,
    );
  }
  return url;
}

/**
 * Refuses an address that a name resolved to: link-local and metadata always, the machine itself unless the origin is configured.
 * @throws CodedError `ORIGIN_FORBIDDEN`.
 */
export function vetAddress(address: string, url: URL, policy: OriginPolicy): void {
  if (isForbiddenAddress(address)) throw metadata(url);
  if (isLocalAddress(address) && !isConfigured(url, policy)) {
    throw forbidden(
      `${url.origin} resolves to the operator itself`,
      `add it to ${ALLOWED_ORIGINS_SETTING} if that is meant`,
    );
  }
}

/** The secret that was configured for exactly this origin, if any. */
export function credentialFor(url: URL, credentials: readonly Credential[]): string | undefined {
  return credentials.find(({ origin }) => originOf(origin) === url.origin)?.secret;
}

function isConfigured(url: URL, policy: OriginPolicy): boolean {
  return policy.configured.some((text) => originOf(text) === url.origin);
}

function isService(host: string, policy: OriginPolicy): boolean {
  if (isIP(host) !== 0) return false;
  const labels = host.split('.');
  const end = labels.indexOf('svc', 2);
  const domain = labels.slice(end + 1).join('.');
  return (
    end >= 2 &&
    (domain === '' || domain === (policy.clusterDomain ?? 'cluster.local')) &&
    policy.serviceNamespaces.includes(labels[end - 1] ?? '')
  );
}

function originOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

/** Lower case, without the brackets of IPv6 and without trailing dots. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

function metadata(url: URL): CodedError {
  return forbidden(
    `${url.origin} is a link-local or cloud metadata address`,
    'no setting allows it: name another host',
  );
}

function forbidden(what: string, remedy: string): CodedError {
  return new CodedError('ORIGIN_FORBIDDEN', `${what}; ${remedy}`);
}
