/** Key derivation of NIST SP 800-108r1, section 4. */
import { concatenate, fromNumber } from "@grep11/encoding";
import type { Mac } from "../mac/mac.ts";

/**
 * What makes the input of each block different: a counter, the previous block (K(0) is `iv`), or a second chain A(i).
 */
type Sp800Mode =
  | { readonly name: "counter" }
  | { readonly name: "feedback"; readonly iv: Uint8Array }
  | { readonly name: "double-pipeline" };

/** A part of the input for block i. */
export type Sp800Part =
  /** Means K(i-1) in feedback mode and A(i) in double-pipeline mode. Counter mode must not have this part. */
  | { readonly kind: "iteration" }
  /** The number i. */
  | { readonly kind: "counter"; readonly bytes: number; readonly littleEndian: boolean }
  | { readonly kind: "fixed"; readonly value: Uint8Array };

/** Derives `length` bytes with `prf`, which already contains the key. */
export function deriveSp800(prf: Mac, mode: Sp800Mode, parts: readonly Sp800Part[], length: number): Uint8Array {
  const output = new Uint8Array(Math.ceil(length / prf.bytes) * prf.bytes);
  const fixed = concatenate(...parts.map((part) => (part.kind === "fixed" ? part.value : NOTHING)));
  let iteration = mode.name === "feedback" ? mode.iv : fixed;
  for (let offset = 0, index = 1; offset < output.length; offset += prf.bytes, index++) {
    if (mode.name === "double-pipeline") iteration = prf.compute(iteration);
    const input = concatenate(...parts.map((part) => pieceOf(part, index, iteration)));
    const block = prf.compute(input);
    output.set(block, offset);
    if (mode.name === "feedback") iteration = block;
  }
  const derived = output.slice(0, length);
  output.fill(0);
  return derived;
}

const NOTHING = new Uint8Array(0);

function pieceOf(part: Sp800Part, index: number, iteration: Uint8Array): Uint8Array {
  switch (part.kind) {
    case "iteration":
      return iteration;
    case "counter":
      return integerBytes(index, part.bytes, part.littleEndian);
    case "fixed":
      return part.value;
  }
}

/** Throws RangeError if the number does not fit. */
export function integerBytes(number: number, length: number, littleEndian: boolean): Uint8Array {
  const bytes = fromNumber(number, length);
  return littleEndian ? bytes.reverse() : bytes;
}
