/** ANSI X9.31 pads signatures as 6B BB … BB BA data CC. A signature is the smaller of the result and modulus − result. */
import { fromBigInt, toBigInt } from "@grep11/encoding";

/** The least padding is the header 6A and the trailer CC. */
export const X931_OVERHEAD_BYTES = 2;

const TRAILER = 0xcc;
/** Padded numbers end in this hexadecimal digit, but modulus − number never does. */
const LAST_NIBBLE = TRAILER & 0x0f;

/** Returns undefined if `data` does not fit. */
export function padX931(data: Uint8Array, length: number): Uint8Array | undefined {
  const fill = length - data.length - X931_OVERHEAD_BYTES;
  if (fill < 0) return undefined;
  const block = new Uint8Array(length).fill(0xbb);
  block[0] = fill === 0 ? 0x6a : 0x6b;
  if (fill > 0) block[fill] = 0xba;
  block.set(data, fill + 1);
  block[length - 1] = TRAILER;
  return block;
}

/** Both arguments are public and equally long. */
export function smallerComplement(value: Uint8Array, modulus: Uint8Array): Uint8Array {
  const complement = subtract(modulus, value);
  return Buffer.compare(complement, value) < 0 ? complement : value;
}

/** Returns `value` or modulus − value, whichever can be padded data. */
export function paddedComplement(value: Uint8Array, modulus: Uint8Array): Uint8Array {
  return (value.at(-1)! & 0x0f) === LAST_NIBBLE ? value : subtract(modulus, value);
}

function subtract(modulus: Uint8Array, value: Uint8Array): Uint8Array {
  return fromBigInt(toBigInt(modulus) - toBigInt(value), modulus.length);
}
