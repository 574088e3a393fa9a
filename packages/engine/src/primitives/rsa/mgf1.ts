import * as ck from "@grep11/cryptoki";
import { hash } from "../hash/hash.ts";

/** XORs MGF1's mask for `seed` into `target` (RFC 8017, B.2.1). */
export function applyMgf1(name: ck.HashName, seed: Uint8Array, target: Uint8Array): void {
  const input = new Uint8Array(seed.length + 4);
  input.set(seed);
  const counter = new DataView(input.buffer, seed.length);
  for (let offset = 0, block = 0; offset < target.length; offset += ck.HASHES[name].bytes, block++) {
    counter.setUint32(0, block);
    const mask = hash(name, input);
    const part = target.subarray(offset, offset + mask.length);
    for (const [index, byte] of part.entries()) part[index] = byte ^ mask[index]!;
  }
  input.fill(0);
}
