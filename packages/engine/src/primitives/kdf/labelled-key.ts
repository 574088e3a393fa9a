/**
 * Keys of 32 bytes derived from other keys, for our own formats: SHA3-256(label ‖ 00 ‖ salt ‖ secret), with the secret at the end.
 * No mechanism computes a hash of that form over a key, so callers cannot make the engine compute such a key. A key derived with
 * HMAC could be computed with an HMAC mechanism.
 */
import { concatenate } from "@grep11/encoding";
import { hash } from "../hash/hash.ts";

/** The key derived from `secret` with `label` and `salt`, whose lengths the format must fix. */
export function labelledKey(label: string, salt: Uint8Array, secret: Uint8Array): Uint8Array {
  const input = concatenate(new TextEncoder().encode(`${label}\0`), salt, secret);
  const key = hash("sha3-256", input);
  input.fill(0);
  return key;
}
