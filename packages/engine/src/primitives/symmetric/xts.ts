/** XTS-AES (IEEE 1619, NIST SP 800-38E) for one data unit. */
import { timingSafeEqual } from "node:crypto";
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import type { Direction } from "./ciphers.ts";

/** A data unit has from one block to 2^20 blocks (SP 800-38E, 4). */
export const XTS_MIN_BYTES = 16;
export const XTS_MAX_BYTES = 16 * 2 ** 20;

/** Keys with equal halves are forbidden (FIPS 140-3 IG C.I). */
export function hasEqualHalves(key: Uint8Array): boolean {
  const half = key.length / 2;
  return timingSafeEqual(key.subarray(0, half), key.subarray(half));
}

/** Processes a data unit of {@link XTS_MIN_BYTES} to {@link XTS_MAX_BYTES} bytes. `key` has 32 or 64 bytes, `tweak` 16. */
export function xts(direction: Direction, key: Uint8Array, tweak: Uint8Array, data: Uint8Array): Uint8Array {
  return ciphersInUse().crypt(`aes-${key.length * 4}-xts`, direction, key, tweak, data);
}
