/**
 * Signatures that are computed in JavaScript are verified before they are returned: a faulty one could reveal the private key
 * (docs/reference/security.md#signature-faults).
 */
import * as ck from "@grep11/cryptoki";

/** Returns `signature`. Throws CKR_DEVICE_ERROR unless `verify` accepts it. */
export function verifyAfterSign(signature: Uint8Array, verify: (signature: Uint8Array) => boolean): Uint8Array {
  if (verify(signature)) return signature;
  throw new ck.CkError(ck.CKR_DEVICE_ERROR, "the signature does not verify");
}
