/**
 * Nonces that stay safe with a broken or cloned random source: HMAC-SHA-256(hedge key, random32 || header || SHA-256(plaintext)),
 * first 24 bytes. If the source repeats, a nonce repeats only for the identical message, which reveals nothing
 * (docs/reference/security.md#blob-encryption).
 */
import { createHmac, hash, type KeyObject } from "node:crypto";
import type { RandomSource } from "../primitives/random.ts";
import { XAES_NONCE_BYTES } from "../primitives/symmetric/xaes.ts";

/** A 24-byte nonce for sealing `plaintext` with `header` as additional data. */
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
