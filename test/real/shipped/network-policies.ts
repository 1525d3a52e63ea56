import { isDeepStrictEqual } from 'node:util';
import type { ShippedObject } from './files.ts';

interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly podSelector?: object;
}

interface Rule {
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number | string; readonly protocol?: string }[];
}

interface PolicySpec {
  readonly policyTypes?: readonly string[];
  readonly egress?: readonly Rule[];
}

/** Of the whole internet in both families all but the link-local addresses, where clouds serve credentials, and AWS's for IPv6. */
const INTERNET: readonly Peer[] = [
  { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
  { ipBlock: { cidr: '::/0', except: ['fe80::/10', 'fd00:ec2::/32'] } },
];
/** By its Service, and the port at which OpenShift's listens behind it. */
const DNS_PORTS = ['UDP', 'TCP'].flatMap((protocol) => [53, 5353].map((port) => ({ port, protocol })));
/** Where sidecars have their certificate and configuration from: https://istio.io/latest/docs/ops/deployment/application-requirements/. */
const ISTIOD = { namespace: 'istio-system', port: 15012 };

/** The rules of a NetworkPolicy that names egress; undefined for other objects and for one that leaves egress alone. */
function egressOf({ kind, ...object }: ShippedObject): readonly Rule[] | undefined {
  const { policyTypes = [], egress = [] } = (object['spec'] ?? {}) as PolicySpec;
  return kind === 'NetworkPolicy' && policyTypes.includes('Egress') ? egress : undefined;
}

/** What a NetworkPolicy's egress shuts out that every pod needs: a port of DNS, or one family of the internet but not the other. */
export function egressGaps(object: ShippedObject): string[] {
  const rules = egressOf(object);
  if (rules === undefined) return [];
  const anywhere = rules.filter(({ to }) => to === undefined).flatMap(({ ports = [] }) => ports);
  const dns = DNS_PORTS.filter((due) => !anywhere.some((port) => isDeepStrictEqual(port, due)));
  const blocks = rules.map(({ to = [] }) => to.filter(({ ipBlock }) => ipBlock !== undefined));
  const halves = blocks.filter((found) => found.length > 0 && !isDeepStrictEqual(found, INTERNET));
  return [
    ...dns.map(({ port, protocol }) => `no DNS at ${port}/${protocol}`),
    ...halves.map((found) => `the internet as ${JSON.stringify(found)}`),
  ];
}

/** NetworkPolicies, of objects that are applied together, that keep the sidecars of a namespace with injection from istiod. */
export function sidecarGaps(objects: readonly ShippedObject[]): string[] {
  const injected = new Set(
    objects
      .filter(
        ({ kind, metadata }) => kind === 'Namespace' && metadata.labels?.['istio-injection'] === 'enabled',
      )
      .map(({ metadata }) => metadata.name),
  );
  return objects
    .filter(({ metadata }) => injected.has(metadata.namespace))
    .filter((object) => egressOf(object)?.some(leadsToIstiod) === false)
    .map(({ metadata }) => `${metadata.name}: no egress to ${ISTIOD.namespace}:${ISTIOD.port}`);
}

function leadsToIstiod({ to = [], ports = [] }: Rule): boolean {
  return (
    ports.some(({ port, protocol = 'TCP' }) => port === ISTIOD.port && protocol === 'TCP') &&
    to.some(
      ({ namespaceSelector, podSelector }) =>
        podSelector === undefined &&
        namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === ISTIOD.namespace,
    )
  );
}
