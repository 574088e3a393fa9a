import { concatenate } from "@grep11/encoding";
import { hash } from "../hash/hash.ts";

/**
 * Returns SHA3-256(label ‖ 00 ‖ salt ‖ secret), a key for one of our own formats. Callers cannot make a mechanism
 * compute this key, because no mechanism hashes other data followed by a secret. Each format must use fixed lengths for
 * the salt and the secret.
 */
export function labelledKey(label: string, salt: Uint8Array, secret: Uint8Array): Uint8Array {
  const input = concatenate(new TextEncoder().encode(`${label}\0`), salt, secret);
  const key = hash("sha3-256", input);
  input.fill(0);
  return key;
}
