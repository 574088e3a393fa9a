/**
 * Nonces that remain safe even if the random source is broken or cloned: the first 24 bytes of HMAC-SHA-256(hedge key,
 * random32 || header || SHA-256(plaintext)). If the source repeats, a nonce repeats only for an identical message, which
 * reveals nothing else (docs/reference/security.md#blob-encryption).
 */
import { createHmac, hash, type KeyObject } from "node:crypto";
import type { RandomSource } from "../primitives/random.ts";
import { XAES_NONCE_BYTES } from "../primitives/symmetric/xaes.ts";

/** Returns a 24-byte nonce for sealing `plaintext` with `header` as additional data. */
export function hedgedNonce(
  hedgeKey: KeyObject,
  random: RandomSource,
  header: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return createHmac("sha256", hedgeKey)
    .update(random(32))
    .update(header)
    .update(hash("sha256", plaintext, "buffer"))
    .digest()
    .subarray(0, XAES_NONCE_BYTES);
}
