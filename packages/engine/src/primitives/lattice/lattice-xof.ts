/** SHAKE (FIPS 202), from which the lattice schemes sample polynomials. */
import { createHash } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { wipe } from "../wipe.ts";

export type Xof = "shake128" | "shake256";
const BLOCK_BYTES: Readonly<Record<Xof, number>> = { shake128: 168, shake256: 136 };

/** Returns `length` bytes of the XOF's output for the concatenated `parts`. */
export function shake(xof: Xof, length: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const input = concatenate(...parts);
  const output = createHash(xof, { outputLength: length }).update(input).digest();
  wipe(input);
  return new Uint8Array(output.buffer, output.byteOffset, output.length);
}

/**
 * Passes the first blocks of the XOF's output for `seed` to `read`. Each time `read` returns false, it is called again with
 * twice as many blocks, from the start. `blocks` should be so large that one call is nearly always enough.
 */
export function drawFrom(xof: Xof, seed: Uint8Array, blocks: number, read: (stream: Uint8Array) => boolean): void {
  for (let bytes = blocks * BLOCK_BYTES[xof]; ; bytes *= 2) {
    const stream = shake(xof, bytes, seed);
    const satisfied = read(stream);
    stream.fill(0);
    if (satisfied) return;
  }
}
