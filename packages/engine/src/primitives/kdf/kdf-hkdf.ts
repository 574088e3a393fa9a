/** HKDF (RFC 5869). */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { hmacWith } from "../mac/mac-hmac.ts";

/** Returns a key as long as the hash. An empty salt is equivalent to zeros of that length. */
export function extractHkdf(name: ck.HashName, secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return hmacWith(name, salt.length === 0 ? new Uint8Array(ck.HASHES[name].bytes) : salt).compute(secret);
}

/** Returns `length` bytes, at most 255 blocks of the hash. */
export function expandHkdf(name: ck.HashName, key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const prf = hmacWith(name, key);
  const output = new Uint8Array(length);
  let block = new Uint8Array(0);
  for (let offset = 0, counter = 1; offset < length; offset += prf.bytes, counter++) {
    const input = concatenate(block, info, Uint8Array.of(counter));
    block.fill(0);
    block = Uint8Array.from(prf.compute(input));
    input.fill(0);
    output.set(block.subarray(0, length - offset), offset);
  }
  block.fill(0);
  return output;
}
