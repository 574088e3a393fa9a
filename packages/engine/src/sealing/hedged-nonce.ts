import { createHmac, hash, type KeyObject } from "node:crypto";
import type { RandomSource } from "../primitives/random.ts";
import { XAES_NONCE_BYTES } from "../primitives/symmetric/xaes.ts";

/**
 * Returns the start of HMAC-SHA-256(hedge key, random32 || header || SHA-256(plaintext)), a nonce that is safe even if the
 * random source is broken or cloned. If the source repeats, the nonce repeats only for an identical message
 * (docs/reference/security.md#blob-encryption).
 */
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
