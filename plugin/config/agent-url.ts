/** A Service name (RFC 1035 label): what could be an address begins with a digit or a bracket. */
const ONE_LABEL = /^(https?:\/\/)([a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)(?=[:/?#]|$)/i;

/**
 * Completes a URL whose host is one label with the namespace that the label was meant in:
 * `http://kubernetes-agent:8080` in `argo-rollouts` becomes `http://kubernetes-agent.argo-rollouts.svc:8080`.
 * `localhost`, addresses and longer names stay as they are.
 */
export function qualifyHost(url: string, namespace: string): string {
  return url.replace(ONE_LABEL, (whole: string, scheme: string, host: string) =>
    host.toLowerCase() === 'localhost' ? whole : `${scheme}${host}.${namespace}.svc`,
  );
}
