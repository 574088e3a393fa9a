/**
 * Keys of 32 bytes made of other keys, for formats of our own. SHA3-256(label ‖ 00 ‖ salt ‖ secret), with the secret at the
 * end: no mechanism computes a hash of that shape over a key, so nobody makes the engine give such a key away, which one
 * derived by HMAC would allow to every caller of an HMAC mechanism.
 */
import { concatenate } from "@grep11/encoding";
import { hash } from "../hash/hash.ts";

/** The key that `label` and `salt`, both of a length that the format fixes, make of `secret`. */
export function labelledKey(label: string, salt: Uint8Array, secret: Uint8Array): Uint8Array {
  const input = concatenate(new TextEncoder().encode(`${label}\0`), salt, secret);
  const key = hash("sha3-256", input);
  input.fill(0);
  return key;
}
