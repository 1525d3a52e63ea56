/** The environment variable by which Argo Rollouts tells a metric plugin that it is its host, and the value it gives. */
export const MAGIC_COOKIE = { key: 'ARGO_ROLLOUTS_RPC_PLUGIN', value: 'metricprovider' } as const;

/** go-plugin's core protocol (server.go, CoreProtocolVersion). */
const CORE_PROTOCOL_VERSION = 1;

/** The version of Argo's metric plugin protocol (metricproviders/plugin/client). */
const PROTOCOL_VERSION = 1;

/** The process environment, or a stand-in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Why this process may not serve, as a text for stderr that ends in a newline; undefined when a host of the right kind
 * has started it.
 */
export function refusal(env: Environment): string | undefined {
  if (env[MAGIC_COOKIE.key] !== MAGIC_COOKIE.value) {
    return (
      'This program is the metric plugin of canary-analysis. It is not meant to be run directly:\n' +
      'Argo Rollouts starts it when metricProviderPlugins in the ConfigMap argo-rollouts-config names it.\n'
    );
  }
  const versions = env['PLUGIN_PROTOCOL_VERSIONS'];
  if (versions && !versions.split(',').some((version) => Number(version) === PROTOCOL_VERSION)) {
    return `The host speaks the plugin protocol versions ${versions}; this plugin speaks only ${PROTOCOL_VERSION}.\n`;
  }
  if (env['PLUGIN_CLIENT_CERT']) {
    return 'The host asks for TLS (PLUGIN_CLIENT_CERT). Argo Rollouts does not, and this plugin cannot.\n';
  }
  return undefined;
}

/**
 * The one line the plugin ever writes to stdout (go-plugin server.go):
 * core version, protocol version, network, address, protocol, and an empty certificate.
 */
export function handshakeLine(socketPath: string): string {
  return `${CORE_PROTOCOL_VERSION}|${PROTOCOL_VERSION}|unix|${socketPath}|netrpc|\n`;
}
