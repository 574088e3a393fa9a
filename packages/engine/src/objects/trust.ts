/** Setting and clearing CKA_TRUSTED, which says that a KEK may wrap keys with CKA_WRAP_WITH_TRUSTED (PKCS #11 v3.2, 4.11). */
import * as ck from "@grep11/cryptoki";
import { bitOf, hasBoolean, withBoolean } from "./booleans.ts";
import type { Key } from "./key.ts";
import { isMadeHere } from "./key-properties.ts";
import { AS_DATA, CRYPT, DERIVE, PAIR_RIGHTS, SIGN } from "./policy/policy-rules.ts";

/** Attributes that are cleared on a trusted KEK, so that no caller can change or export it. */
const CLOSED = [ck.CKA_MODIFIABLE, ck.CKA_EXTRACTABLE, ck.CKA_IBM_PROTKEY_EXTRACTABLE];

/**
 * Returns `key` as a trusted KEK, which can be neither changed nor exported. If `imported` is true, the operator
 * vouches for a key that was not generated here, or that was made from a password. Throws CKR_ACTION_PROHIBITED, with
 * the reason, for a key that cannot wrap, or that ever had a right with which wrapped keys could be read.
 */
export function trustKey(key: Key, { imported }: { readonly imported: boolean }): Key {
  if (key.objectClass === ck.CKO_PRIVATE_KEY) {
    throw ck.CkError.actionProhibited("a private key does not wrap; trust its public half");
  }
  if (!hasBoolean(key.booleans, ck.CKA_WRAP)) {
    throw ck.CkError.actionProhibited(
      "the key has no CKA_WRAP; make it with CKA_WRAP true, and without rights for data",
    );
  }
  const isPublic = key.objectClass === ck.CKO_PUBLIC_KEY;
  const past = isPublic ? key.everSet & PAIR_RIGHTS : key.everSet;
  if ((past & (CRYPT | SIGN | DERIVE | AS_DATA)) !== 0) {
    const half = isPublic ? "its private half" : "it";
    throw ck.CkError.actionProhibited(
      `${half} has, or once had, a right besides wrapping and unwrapping, so another copy of it may read what it wraps; make a KEK with CKA_WRAP, and CKA_UNWRAP where it is needed, and with every other right false`,
    );
  }
  const vouched = isMadeHere(key) && (!isPublic || hasBoolean(key.everSet, ck.CKA_UNWRAP));
  if (!vouched && !imported) {
    throw ck.CkError.actionProhibited(
      "the key was not generated here as a KEK: whoever has its value or its private half can read every key wrapped with it; add --imported if you trust them",
    );
  }
  const booleans = CLOSED.reduce((word, attribute) => withBoolean(word, attribute, false), key.booleans);
  return {
    ...key,
    booleans: withBoolean(booleans, ck.CKA_TRUSTED, true),
    everSet: key.everSet | bitOf(ck.CKA_TRUSTED),
  };
}

/** Returns `key` without CKA_TRUSTED. Existing blobs that have the attribute stay valid. */
export function distrustKey(key: Key): Key {
  return { ...key, booleans: withBoolean(key.booleans, ck.CKA_TRUSTED, false) };
}
