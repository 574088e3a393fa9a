/** Which addresses count as one. */
import { isIPv6 } from "node:net";

/**
 * What connections from `address` are counted by: an IPv4 address itself, the first 64 bits of an IPv6 address, as every
 * host may choose the others freely (RFC 7421). A connection that is already gone has no address, and the network "".
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? "";
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = [...head.split(":").filter(Boolean), ...(tail === undefined ? [] : Array<string>(4).fill("0"))];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
