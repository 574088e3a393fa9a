import { endianness } from "node:os";

/** Converts words between a byte order and this machine's, in place, for libraries that store chaining values as numbers. */
export function toMachineOrder(bytes: Uint8Array, width: 4 | 8, order: "BE" | "LE"): void {
  if (endianness() === order) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 4) buffer.swap32();
  else buffer.swap64();
}
