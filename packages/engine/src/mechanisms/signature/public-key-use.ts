/** Verifying with a public key that may have come bare from a caller: its structure is known, its numbers are not. */
import * as ck from "@grep11/cryptoki";

/** The result of `verify`; throws CKR_PUBLIC_KEY_INVALID where it throws, which it does for invalid public keys. */
export function verifyWithAnyKey(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    throw new ck.CkError(ck.CKR_PUBLIC_KEY_INVALID, "the public key is not valid", { cause: error });
  }
}
