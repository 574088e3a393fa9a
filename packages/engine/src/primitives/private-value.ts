/** Random secret numbers. */
import { bitLength, fromBigInt } from "./bigint.ts";

/**
 * A uniform number from 1 to `order` - 1, as big-endian bytes of the order's length: candidates are drawn until one fits
 * (FIPS 186-5, A.2.2 and A.4.2).
 */
export function drawBelow(order: bigint, random: (length: number) => Uint8Array): Uint8Array {
  const bits = bitLength(order);
  const limit = fromBigInt(order);
  for (;;) {
    const candidate = Uint8Array.from(random(limit.length));
    candidate[0] = candidate[0]! & (0xff >> (8 * limit.length - bits));
    if (Buffer.compare(candidate, limit) < 0 && candidate.some((byte) => byte !== 0)) return candidate;
  }
}
