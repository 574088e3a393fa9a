import { randomFillSync } from "node:crypto";
/** Returns `length` unpredictable bytes. */
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
