/** The key derivation function of ANSI X9.63 (SEC 1, 3.6.1): hash(secret ‖ counter ‖ info) for counters from 1. */
import { concatenate } from "./bytes.ts";
import { hash } from "./hash.ts";
import { HASHES, type HashName } from "./hash-name.ts";

/** `length` bytes derived from a shared secret. */
export function deriveX963(name: HashName, secret: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  const input = concatenate(secret, new Uint8Array(4), info);
  const counter = new DataView(input.buffer, secret.length, 4);
  const { bytes } = HASHES[name];
  for (let offset = 0; offset < length; offset += bytes) {
    counter.setUint32(0, offset / bytes + 1);
    const block = hash(name, input);
    output.set(block.subarray(0, length - offset), offset);
    block.fill(0);
  }
  input.fill(0);
  return output;
}
