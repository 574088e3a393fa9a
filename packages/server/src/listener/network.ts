/** Decides which addresses count as one client network. */
import { isIPv6 } from "node:net";

/**
 * Returns the network of `address`. Connections are counted by network.
 * - The network of an IPv4 address is the address itself.
 * - The network of an IPv6 address is its first 64 bits, because a host may choose the other bits freely (RFC 7421).
 * - A closed connection has no address, and its network is "".
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? "";
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = [...head.split(":").filter(Boolean), ...(tail === undefined ? [] : Array<string>(4).fill("0"))];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
