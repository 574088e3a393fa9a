/** Parameters of PKCS #11 as bytes. */
import { concatBytes } from "../keys/bytes.ts";

/**
 * A structure of PKCS #11 as EP11 carries it: its `numbers`, 32 bits big-endian each, in the order of the structure, lengths
 * in place of pointers; then the `parts` that the pointers point to, in the same order.
 */
export function wireForm(numbers: readonly number[], ...parts: readonly Uint8Array[]): Uint8Array {
  const words = new Uint8Array(4 * numbers.length);
  const view = new DataView(words.buffer);
  for (const [index, number] of numbers.entries()) view.setUint32(4 * index, number);
  return concatBytes([words, ...parts]);
}
