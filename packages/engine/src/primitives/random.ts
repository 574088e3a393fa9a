import { randomFillSync } from "node:crypto";
import { fromBigInt } from "@grep11/encoding";

/** A random source returns `length` unpredictable bytes. */
export type RandomSource = (length: number) => Uint8Array;

const POOL_BYTES = 4096;

/**
 * Returns a random source that draws from OpenSSL's generator a page at a time, because drawing a page takes as long as drawing
 * a nonce. No byte is returned twice, and returned bytes are wiped from the pool.
 */
export function createRandomPool(): (length: number) => Uint8Array<ArrayBuffer> {
  const pool = new Uint8Array(POOL_BYTES);
  let at = POOL_BYTES;
  return (length) => {
    const bytes = new Uint8Array(length);
    if (length > POOL_BYTES / 8) return randomFillSync(bytes);
    if (at + length > POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    const drawn = pool.subarray(at, at + length);
    bytes.set(drawn);
    drawn.fill(0);
    at += length;
    return bytes;
  };
}

/** Returns a uniformly distributed number from 1 to `order` - 1, as long as the order (FIPS 186-5, A.2.2 and A.4.2). */
export function drawBelow(order: bigint, random: (length: number) => Uint8Array): Uint8Array {
  const limit = fromBigInt(order);
  const mask = 0xff >> (Math.clz32(limit[0]!) - 24);
  for (;;) {
    const candidate = Uint8Array.from(random(limit.length));
    candidate[0] = candidate[0]! & mask;
    if (Buffer.compare(candidate, limit) < 0 && candidate.some((byte) => byte !== 0)) return candidate;
  }
}
