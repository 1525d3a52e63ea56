import { BlockList, isIP } from 'node:net';

/**
 * Addresses that nobody may make this operator call: link-local (RFC 3927, RFC 4291 §2.5.6), where clouds keep
 * instance metadata, and the metadata addresses that lie elsewhere (AWS over IPv6, Alibaba Cloud, Azure, Oracle Cloud).
 */
const FORBIDDEN = blockList(
  [
    ['169.254.0.0', 16, 'ipv4'],
    ['fe80::', 10, 'ipv6'],
  ],
  ['fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
);

/** The machine itself, or no machine: an in-cluster Service never resolves to these. */
const LOCAL = blockList(
  [
    ['127.0.0.0', 8, 'ipv4'],
    ['0.0.0.0', 8, 'ipv4'],
  ],
  ['::1', '::'],
);

/** Host names under which clouds serve instance metadata. */
const METADATA_HOSTS = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
]);

/** True for a link-local or metadata address, also when IPv4 is written within IPv6. */
export function isForbiddenAddress(address: string): boolean {
  return matches(FORBIDDEN, address);
}

/** True for loopback and unspecified addresses. */
export function isLocalAddress(address: string): boolean {
  return matches(LOCAL, address);
}

/** True for a host name that serves cloud metadata; lower case, without a trailing dot. */
export function isMetadataHost(hostname: string): boolean {
  return METADATA_HOSTS.has(hostname);
}

type Subnet = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'];

function blockList(subnets: readonly Subnet[], addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix, family] of subnets) list.addSubnet(network, prefix, family);
  for (const address of addresses) list.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

function matches(list: BlockList, address: string): boolean {
  const bare = address.split('%', 1)[0] ?? address;
  if (isIP(bare) === 4) return list.check(bare, 'ipv4');
  if (isIP(bare) !== 6) return false;
  const embedded = embeddedIPv4(bare);
  return list.check(bare, 'ipv6') || (embedded !== undefined && list.check(embedded, 'ipv4'));
}

/** The IPv4 address within a mapped (`::ffff:0:0/96`), compatible (`::/96`) or NAT64 (`64:ff9b::/96`, RFC 6052) one. */
function embeddedIPv4(address: string): string | undefined {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const match = /^(?:::ffff:|::|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
