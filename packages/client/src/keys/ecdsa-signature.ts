/** Converts ECDSA and DSA signatures between r ‖ s, as in PKCS #11, and DER, as in X.509 (RFC 3279, 2.2.2 and 2.2.3). */
import * as encoding from "@grep11/encoding";
import { decoding } from "./decoding.ts";

/** Converts a raw signature to DER. Errors: CKR_ARGUMENTS_BAD if the length of the signature is odd or zero. */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  return decoding(() => encoding.ecdsaToDer(signature));
}

/**
 * Converts the DER SEQUENCE { r, s } to a raw signature. `size` is the length of r in bytes (32 for P-256, 66 for
 * P-521). Errors: CKR_ARGUMENTS_BAD unless `der` is strict DER of two integers that fit into `size` bytes.
 */
export function ecdsaFromDer(der: Uint8Array, size: number): Uint8Array {
  return decoding(() => encoding.ecdsaFromDer(der, size));
}
