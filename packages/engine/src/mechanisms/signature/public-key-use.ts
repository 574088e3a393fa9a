/** Verifying with a public key that may have come bare from a caller: its structure is known, its numbers are not. */
import * as ck from "@grep11/cryptoki";

/** What `verify` says; throws CKR_PUBLIC_KEY_INVALID where it throws, which it does for keys whose numbers make none. */
export function verifyWithAnyKey(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    throw new ck.CkError(ck.CKR_PUBLIC_KEY_INVALID, "the numbers of the public key make none", { cause: error });
  }
}
