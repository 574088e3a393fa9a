/**
 * Converts big-endian numbers of any length. A bigint cannot be wiped, so secrets must not be converted unless there is no other
 * way to compute with them.
 */

/** Converts big-endian `bytes` to a number. Uses arithmetic only, so that no secret becomes a string. */
export function toBigInt(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = bytes.length % 8;
  let number = 0n;
  for (const byte of bytes.subarray(0, offset)) number = (number << 8n) | BigInt(byte);
  for (; offset < bytes.length; offset += 8) number = (number << 64n) | view.getBigUint64(offset);
  return number;
}

/**
 * Converts a non-negative `number` to `length` big-endian bytes, by default as few as possible. Throws RangeError if it does not
 * fit.
 */
export function fromBigInt(
  number: bigint,
  length = Math.ceil(number.toString(16).length / 2),
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let rest = number;
  let end = length;
  for (; end >= 8; end -= 8) {
    view.setBigUint64(end - 8, rest);
    rest >>= 64n;
  }
  for (; end > 0; end--) {
    bytes[end - 1] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError("the number is negative or too long");
  return bytes;
}

/** Converts a non-negative integer `number` below 2^53 to `length` big-endian bytes. Throws RangeError if it does not fit. */
export function fromNumber(number: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let rest = number;
  for (let index = length - 1; index >= 0; index--, rest = Math.floor(rest / 256)) bytes[index] = rest % 256;
  if (rest !== 0) throw new RangeError("the number is too long");
  return bytes;
}

/** Returns the length in bits of a non-negative `number`, or of a big-endian magnitude; 0 for zero. */
export function bitLength(number: bigint | Uint8Array): number {
  if (typeof number === "bigint") return number === 0n ? 0 : number.toString(2).length;
  const first = number.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (number.length - first) * 8 - (Math.clz32(number[first]!) - 24);
}

/**
 * Adds or removes leading zeros of a big-endian `magnitude` so that it has `length` bytes. Throws RangeError if it does not fit.
 */
export function padLeft(magnitude: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const minimal = first < 0 ? magnitude.subarray(magnitude.length) : magnitude.subarray(first);
  if (minimal.length > length) throw new RangeError("the number is too long");
  const padded = new Uint8Array(length);
  padded.set(minimal, length - minimal.length);
  return padded;
}
