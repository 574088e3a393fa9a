import { createHmac } from "node:crypto";
import { hash } from "../hash/hash.ts";

/**
 * Returns `length` bytes (at most 8,160) that UnwrapKey returns for an invalid PKCS #1 v1.5 ciphertext, because an error would
 * make it a padding oracle. They depend only on the private key and the ciphertext, so unwrapping the same bytes twice gives
 * the same key.
 */
export function substituteSecret(pkcs8: Uint8Array, ciphertext: Uint8Array, length: number): Uint8Array {
  const key = hash("sha256", pkcs8);
  const secret = new Uint8Array(length);
  for (let offset = 0, block = 1; offset < length; offset += 32, block++) {
    const bytes = createHmac("sha256", key).update(ciphertext).update(Uint8Array.of(block)).digest();
    secret.set(bytes.subarray(0, length - offset), offset);
  }
  key.fill(0);
  return secret;
}
