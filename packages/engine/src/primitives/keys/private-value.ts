/** Generation of secret random numbers. */
import { fromBigInt } from "@grep11/encoding";

/**
 * Returns a uniformly distributed number from 1 to `order` - 1, as big-endian bytes as long as the order. Draws candidates
 * until one is in range (FIPS 186-5, A.2.2 and A.4.2).
 */
export function drawBelow(order: bigint, random: (length: number) => Uint8Array): Uint8Array {
  const limit = fromBigInt(order);
  const mask = 0xff >> (Math.clz32(limit[0]!) - 24);
  for (;;) {
    const candidate = Uint8Array.from(random(limit.length));
    candidate[0] = candidate[0]! & mask;
    if (Buffer.compare(candidate, limit) < 0 && candidate.some((byte) => byte !== 0)) return candidate;
  }
}
