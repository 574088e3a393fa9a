/**
 * Verification with a public key that may be unauthenticated input from a caller: its structure has been checked, its numbers
 * have not.
 */
import * as ck from "@grep11/cryptoki";

/**
 * Returns the result of `verify`. Throws CKR_PUBLIC_KEY_INVALID if `verify` throws, which it does if the numbers are not a
 * valid key.
 */
export function verifyWithAnyKey(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    throw new ck.CkError(ck.CKR_PUBLIC_KEY_INVALID, "the public key is not valid", { cause: error });
  }
}
