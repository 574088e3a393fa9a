/** ECDSA and DSA signatures: raw r ‖ s as PKCS #11 has them, and DER as X.509 has them (RFC 3279, 2.2.2 and 2.2.3). */
import * as ck from "@grep11/cryptoki";
import { concatBytes } from "./bytes.ts";
import { DER, readElement, readElements, requireElement, writeElement } from "./der.ts";

/** SEQUENCE { r, s } for the raw signature `signature`. Errors: CKR_ARGUMENTS_BAD for an odd or zero length. */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  if (!Number.isInteger(half) || half === 0) throw ck.CkError.argumentsBad("a raw signature is r ‖ s of equal length");
  return writeElement(DER.sequence, unsigned(signature.subarray(0, half)), unsigned(signature.subarray(half)));
}

/**
 * The raw signature for SEQUENCE { r, s }; `size` is the length of r in bytes (32 for P-256, 66 for P-521).
 * Errors: CKR_ARGUMENTS_BAD for anything but two integers that fit.
 */
export function ecdsaFromDer(der: Uint8Array, size: number): Uint8Array {
  const sequence = requireElement(readElement(der), DER.sequence, "the signature's SEQUENCE");
  const integers = readElements(sequence.content);
  if (integers.length !== 2 || sequence.bytes.length !== der.length)
    throw ck.CkError.argumentsBad("not a DER signature");
  return concatBytes(
    integers.map((integer) => fixed(requireElement(integer, DER.integer, "an integer").content, size)),
  );
}

function unsigned(value: Uint8Array): Uint8Array {
  const minimal = value.subarray(leadingZeros(value, value.length - 1));
  return writeElement(DER.integer, (minimal[0] ?? 0) >= 0x80 ? concatBytes([new Uint8Array(1), minimal]) : minimal);
}

function fixed(integer: Uint8Array, size: number): Uint8Array {
  const minimal = integer.subarray(leadingZeros(integer, integer.length));
  if (minimal.length > size || (integer[0] ?? 0) >= 0x80)
    throw ck.CkError.argumentsBad("an integer of the signature is out of range");
  return concatBytes([new Uint8Array(size - minimal.length), minimal]);
}

function leadingZeros(value: Uint8Array, most: number): number {
  let zeros = 0;
  while (zeros < most && value[zeros] === 0) zeros++;
  return zeros;
}
