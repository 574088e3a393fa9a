/** ChaCha20 (RFC 8439, 2.4, and its original form with a 64-bit counter). */
import { xorKeystream } from "./keystream.ts";

const BLOCK_BYTES = 64;

/**
 * Where the keystream begins. A 32-bit counter requires a nonce of 12 bytes, and a 64-bit counter requires a nonce of 8
 * bytes.
 */
export interface ChaChaStart {
  readonly counter: bigint;
  readonly counterBits: 32 | 64;
  readonly nonce: Uint8Array;
}

/** Returns the length of the keystream in bytes until the counter wraps around. */
export function chachaBytesBeforeWrap({ counter, counterBits }: ChaChaStart): bigint {
  return ((1n << BigInt(counterBits)) - counter) * BigInt(BLOCK_BYTES);
}

/** Returns `data` XOR the keystream from byte `offset` on. The counter must not wrap around. */
export function chacha20(key: Uint8Array, start: ChaChaStart, offset: number, data: Uint8Array): Uint8Array {
  const counter = start.counter + BigInt(Math.floor(offset / BLOCK_BYTES));
  const iv = new Uint8Array(16);
  const view = new DataView(iv.buffer);
  if (start.counterBits === 32) view.setUint32(0, Number(counter), true);
  else view.setBigUint64(0, counter, true);
  iv.set(start.nonce, start.counterBits / 8);
  return xorKeystream("chacha20", key, iv, offset % BLOCK_BYTES, data);
}
