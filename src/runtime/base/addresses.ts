import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Who can reach an address: everybody, those of a private network, or only this machine and what hangs on its links. Ordered. */
export const REACHES = ['public', 'private', 'here'] as const;
export type Reach = (typeof REACHES)[number];

const PRIVATE = [['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['198.18.0.0', 15], ['fc00::', 7], ['fec0::', 10]] as const;
/** With 169.254.169.254, where clouds tell a machine its secrets. */
const HERE = [['127.0.0.0', 8], ['0.0.0.0', 8], ['169.254.0.0', 16], ['::', 128], ['::1', 128], ['fe80::', 10]] as const;

/** Who can reach an IP address, written as text; IPv4 in IPv6 counts as what it is. */
export function reachOf(address: string): Reach {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []).map((one) => [one.address, isIP(one.address) === 6 ? 128 : 32] as const);
  if (listOf([...HERE, ...own]).check(address, family)) return 'here';
  return listOf(PRIVATE).check(address, family) ? 'private' : 'public';
}

/** Whether `reach` is a narrower circle than `limit`. */
export function isBeyond(reach: Reach, limit: Reach): boolean {
  return REACHES.indexOf(reach) > REACHES.indexOf(limit);
}

/** A URL's host as an IP address or a name: without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function listOf(nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, isIP(net) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
