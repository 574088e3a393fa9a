/** The two forms of an ECDSA or DSA signature: r ‖ s of equal length (PKCS #11), and DER SEQUENCE {r, s} (X9.62, OpenSSL). */
import { DerReader, der } from "@grep11/encoding";

/** r ‖ s, each `bytes` long. Throws EncodingError if `der` is no signature, RangeError if a number is too long. */
export function signatureFromDer(der: Uint8Array, bytes: number): Uint8Array {
  const reader = DerReader.sequence(der);
  const numbers = [reader.integer(), reader.integer()];
  reader.end();
  const signature = new Uint8Array(2 * bytes);
  for (const [index, magnitude] of numbers.entries()) {
    if (magnitude.length > bytes) throw new RangeError("a number of the signature is longer than the order");
    signature.set(magnitude, (index + 1) * bytes - magnitude.length);
  }
  return signature;
}

/** The DER of r ‖ s, which has an even length. */
export function signatureToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  return der.sequence(der.integer(signature.subarray(0, half)), der.integer(signature.subarray(half)));
}
