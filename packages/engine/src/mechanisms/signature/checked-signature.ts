/**
 * Signatures made in JavaScript are verified before they leave: a fault must not give a key away
 * (docs/reference/security.md#signature-faults).
 */
import * as ck from "@grep11/cryptoki";

/** `signature` if it `holds`; throws CKR_DEVICE_ERROR. */
export function checkedSignature(signature: Uint8Array, holds: (signature: Uint8Array) => boolean): Uint8Array {
  if (holds(signature)) return signature;
  throw new ck.CkError(ck.CKR_DEVICE_ERROR, "a signature came out wrong");
}
