/** Parameters as EP11 carries structures of PKCS #11 (docs/reference/ep11.md#parameter-forms). */

/** `numbers`, 32 bits big-endian each, and the `parts` behind them. */
export function wireForm(numbers: readonly number[], ...parts: readonly Uint8Array[]): Uint8Array {
  const words = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) words.writeUInt32BE(number, 4 * index);
  return new Uint8Array(Buffer.concat([words, ...parts]));
}

/** The bytes of a string of ASCII characters. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
