/** Between big-endian bytes and bigint. A bigint cannot be wiped: secrets become one only where nothing else computes them. */

/** The number that big-endian `bytes` say; by arithmetic, so that no secret becomes a string. */
export function toBigInt(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = bytes.length % 8;
  let number = 0n;
  for (const byte of bytes.subarray(0, offset)) number = (number << 8n) | BigInt(byte);
  for (; offset < bytes.length; offset += 8) number = (number << 64n) | view.getBigUint64(offset);
  return number;
}

/** `number`, not negative, as `length` big-endian bytes, by default as few as it takes. Throws RangeError if it is longer. */
export function fromBigInt(number: bigint, length = byteLength(number)): Uint8Array {
  if (byteLength(number) > length) throw new RangeError("the number is too long");
  return new Uint8Array(Buffer.from(number.toString(16).padStart(2 * length, "0"), "hex"));
}

/** Bits of `number`, which is not negative, or of a big-endian magnitude; 0 for zero. */
export function bitLength(number: bigint | Uint8Array): number {
  if (typeof number === "bigint") return number === 0n ? 0 : number.toString(2).length;
  const first = number.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (number.length - first) * 8 - (Math.clz32(number[first]!) - 24);
}

/** `magnitude` without its leading zeros, written with `length` bytes. Throws RangeError if it is longer. */
export function padLeft(magnitude: Uint8Array, length: number): Uint8Array {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const minimal = first < 0 ? magnitude.subarray(magnitude.length) : magnitude.subarray(first);
  if (minimal.length > length) throw new RangeError("the number is too long");
  const padded = new Uint8Array(length);
  padded.set(minimal, length - minimal.length);
  return padded;
}

function byteLength(number: bigint): number {
  return Math.ceil(number.toString(16).length / 2);
}
