/** Which addresses count as one client network. */
import { isIPv6 } from "node:net";

/**
 * Returns the network of `address`, by which its connections are counted: an IPv4 address itself, or the first 64 bits of an IPv6
 * address, because a host may choose the other bits freely (RFC 7421). A closed connection has no address; its network is "".
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? "";
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = [...head.split(":").filter(Boolean), ...(tail === undefined ? [] : Array<string>(4).fill("0"))];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
