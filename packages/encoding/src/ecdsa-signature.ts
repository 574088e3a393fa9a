/**
 * Converts between the two encodings of an ECDSA or DSA signature. PKCS #11 has r ‖ s of equal length, and X.509 has the DER of
 * SEQUENCE { r, s } (RFC 3279, 2.2.2 and 2.2.3).
 */
import { DerReader } from "./der-reader.ts";
import * as der from "./der-writer.ts";
import { EncodingError } from "./encoding-error.ts";

/** Converts r ‖ s to DER. Throws {@link EncodingError} for an odd length and for no bytes. */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  if (!Number.isInteger(half) || half === 0) throw new EncodingError("a raw signature is r ‖ s of equal length");
  return der.sequence(der.integer(signature.subarray(0, half)), der.integer(signature.subarray(half)));
}

/**
 * Converts a DER signature to r ‖ s, each `size` bytes long: 32 for P-256, 66 for P-521. Throws {@link EncodingError} for
 * anything but two non-negative integers that fit.
 */
export function ecdsaFromDer(encoded: Uint8Array, size: number): Uint8Array {
  const reader = DerReader.sequence(encoded);
  const numbers = [reader.integer(), reader.integer()];
  reader.end();
  const signature = new Uint8Array(2 * size);
  for (const [index, magnitude] of numbers.entries()) {
    if (magnitude.length > size) throw new EncodingError("a number of the signature is too long");
    signature.set(magnitude, (index + 1) * size - magnitude.length);
  }
  return signature;
}
