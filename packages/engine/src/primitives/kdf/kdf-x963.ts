/** Key derivation that hashes a shared secret with a counter. */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { hash } from "../hash/hash.ts";

/** ANSI X9.63 (SEC 1, 3.6.1): hash(secret ‖ counter ‖ info). */
export function deriveX963(name: ck.HashName, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hashCounters(name, concatenate(secret, new Uint8Array(4), info), secret.length, length);
}

/** NIST SP 800-56C r2, 4.1: hash(counter ‖ secret ‖ info). */
export function deriveSp80056(name: ck.HashName, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return hashCounters(name, concatenate(new Uint8Array(4), secret, info), 0, length);
}

/** Concatenates the hashes of `input` with the counters 1, 2 and so on in the four bytes at `counterAt`, and wipes `input`. */
function hashCounters(name: ck.HashName, input: Uint8Array, counterAt: number, length: number): Uint8Array {
  const output = new Uint8Array(length);
  const counter = new DataView(input.buffer, counterAt, 4);
  const { bytes } = ck.HASHES[name];
  for (let offset = 0; offset < length; offset += bytes) {
    counter.setUint32(0, offset / bytes + 1);
    const block = hash(name, input);
    output.set(block.subarray(0, length - offset), offset);
    block.fill(0);
  }
  input.fill(0);
  return output;
}
