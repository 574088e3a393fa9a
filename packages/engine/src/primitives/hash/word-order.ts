/** Converts the byte order of words, for libraries that store a hash's chaining value as numbers. */
import { endianness } from "node:os";

/** Reverses every `width`-byte word of `bytes` in place. */
function swapWords(bytes: Uint8Array, width: 4 | 8): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 4) buffer.swap32();
  else buffer.swap64();
}

/** Converts words between the given byte order and this machine's, in place. */
export function toMachineOrder(bytes: Uint8Array, width: 4 | 8, order: "BE" | "LE"): void {
  if (endianness() !== order) swapWords(bytes, width);
}
