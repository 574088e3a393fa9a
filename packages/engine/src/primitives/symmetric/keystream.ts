import { concatenate } from "@grep11/encoding";
import { ciphersInUse } from "../openssl/crypto-backend.ts";

/** Returns `data` XOR the keystream that begins at `iv`, without its first `skipped` bytes. `name` is OpenSSL's. */
export function xorKeystream(
  name: string,
  key: Uint8Array,
  iv: Uint8Array,
  skipped: number,
  data: Uint8Array,
): Uint8Array {
  const input = skipped === 0 ? data : concatenate(new Uint8Array(skipped), data);
  const output = ciphersInUse().crypt(name, "encrypt", key, iv, input);
  if (skipped === 0) return output;
  input.fill(0);
  output.fill(0, 0, skipped);
  return output.subarray(skipped);
}
