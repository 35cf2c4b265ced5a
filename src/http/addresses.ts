/**
 * Which hosts are this one, or on a network that is not the public one.
 * @module
 */

import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Loopback, private, link-local and the like (RFC 6890). */
const NOT_PUBLIC = new BlockList();
for (
  const [net, prefix] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["224.0.0.0", 3],
  ] as const
) NOT_PUBLIC.addSubnet(net, prefix, "ipv4");
for (
  const [net, prefix] of [["::", 127], ["fc00::", 7], ["fe80::", 10], ["ff00::", 8]] as const
) NOT_PUBLIC.addSubnet(net, prefix, "ipv6");

/** Whether a URL's host name is this host by its very name (RFC 6761, section 6.3). */
export function isLoopback(hostname: string): boolean {
  const address = unbracketed(hostname);
  if (address === "localhost" || address.endsWith(".localhost")) return true;
  return isIP(address) !== 0 && isIn(LOOPBACK, address);
}

/** Whether an address is reached from this network alone. */
export function isPrivateAddress(address: string): boolean {
  return isIn(NOT_PUBLIC, unbracketed(address));
}

/** Whether a URL's host name is an address. */
export function isAddress(hostname: string): boolean {
  return isIP(unbracketed(hostname)) !== 0;
}

function isIn(list: BlockList, address: string): boolean {
  if (isIP(address) === 4) return list.check(address, "ipv4");
  // Those of IPv4 in IPv6 (RFC 4291, section 2.5.5; RFC 6052), as URLs spell them.
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ??
    [];
  if (high === undefined || low === undefined) {
    const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
    return dotted === undefined ? list.check(address, "ipv6") : list.check(dotted, "ipv4");
  }
  const [a, b] = [parseInt(high, 16), parseInt(low, 16)];
  return list.check([a >> 8, a & 255, b >> 8, b & 255].join("."), "ipv4");
}

function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").toLowerCase();
}
