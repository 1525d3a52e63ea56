import { BlockList, isIP } from 'node:net';

/**
 * Addresses that nobody may make this operator call: link-local (RFC 3927, RFC 4291 §2.5.6), where clouds keep
 * instance metadata, and the metadata addresses that lie elsewhere (AWS over IPv6, EKS Pod Identity, Alibaba Cloud, Azure, Oracle Cloud).
 */
const FORBIDDEN = blockList(
  [
    ['169.254.0.0', 16, 'ipv4'],
    ['fe80::', 10, 'ipv6'],
    ['fd00:ec2::', 32, 'ipv6'],
  ],
  ['100.100.100.200', '168.63.129.16', '192.0.0.192'],
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
  return list.check(bare, 'ipv6') || embeddedIPv4(bare).some((embedded) => list.check(embedded, 'ipv4'));
}

/**
 * The IPv4 addresses that an IPv6 one may stand for: mapped (`::ffff:0:0/96`), compatible (`::/96`), 6to4 (`2002::/16`, RFC 3056)
 * and NAT64 (`64:ff9b::/96`, RFC 6052; `64:ff9b:1::/48`, RFC 8215, with any length of prefix).
 */
function embeddedIPv4(address: string): string[] {
  const groups = groupsOf(address);
  const bytes = groups.flatMap((group) => [group >> 8, group & 255]);
  const at = (...indexes: readonly number[]): string => indexes.map((index) => bytes[index] ?? 0).join('.');
  const starts = (...prefix: readonly number[]): boolean => prefix.every((group, i) => groups[i] === group);
  const last = at(12, 13, 14, 15);
  if (starts(0x2002)) return [at(2, 3, 4, 5)];
  if (starts(0x64, 0xff9b, 1)) return [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), last];
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0, 0, 0, 0, 0, 0) || starts(0x64, 0xff9b, 0, 0, 0, 0))
    return [last];
  return [];
}

function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
}
