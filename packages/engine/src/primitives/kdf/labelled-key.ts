/**
 * Derives 32-byte keys from other keys, for our own formats: SHA3-256(label ‖ 00 ‖ salt ‖ secret). No mechanism hashes a key
 * at the end of other data, so callers cannot make the engine compute such a key. If HMAC were used, an HMAC mechanism could
 * compute it.
 */
import { concatenate } from "@grep11/encoding";
import { hash } from "../hash/hash.ts";

/**
 * Returns the key derived from `secret` with `label` and `salt`. Each format must use a fixed length for the salt and the
 * secret.
 */
export function labelledKey(label: string, salt: Uint8Array, secret: Uint8Array): Uint8Array {
  const input = concatenate(new TextEncoder().encode(`${label}\0`), salt, secret);
  const key = hash("sha3-256", input);
  input.fill(0);
  return key;
}
