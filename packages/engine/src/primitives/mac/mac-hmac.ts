/** HMAC (FIPS 198-1). In parts, the state of an HMAC is the state of its inner hash. */
import { createHmac } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { hash, hashFinal, hashInit, hashUpdate, isHashState } from "../hash/hash.ts";
import { secretKeyObject } from "../keys/key-objects.ts";
import type { Mac } from "./mac.ts";

const INNER = 0x36;
const OUTER = 0x5c;

export function hmacWith(name: ck.HashName, key: Uint8Array): Mac {
  const { bytes, blockBytes } = ck.HASHES[name];

  /** Returns the key block (FIPS 198-1, 4, steps 1 to 3) XOR `pad`, followed by `extra` zeros. */
  function paddedKey(pad: number, extra: number): Uint8Array {
    const block = new Uint8Array(blockBytes + extra).fill(pad, 0, blockBytes);
    const short = key.length > blockBytes ? hash(name, key) : key;
    for (const [index, byte] of short.entries()) block[index] = byte ^ pad;
    return block;
  }

  return {
    bytes,
    compute(data) {
      const code = createHmac(name, secretKeyObject(key)).update(data).digest();
      return new Uint8Array(code.buffer, code.byteOffset, code.length);
    },
    init() {
      const block = paddedKey(INNER, 0);
      const state = hashUpdate(hashInit(name), block);
      block.fill(0);
      return state;
    },
    update: hashUpdate,
    final(state) {
      const outer = paddedKey(OUTER, bytes);
      outer.set(hashFinal(state), blockBytes);
      const code = hash(name, outer);
      outer.fill(0);
      return code;
    },
    isState: (state) => isHashState(state, name),
  };
}
