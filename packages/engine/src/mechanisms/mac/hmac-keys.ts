/** Which types of keys HMAC accepts (PKCS #11 v3.2, 6.20 to 6.31). */
import * as ck from "@grep11/cryptoki";

const TYPES_OF_ONE_HASH: ReadonlySet<number> = new Set(ck.hashNames.map((hash) => ck.HASHES[hash].hmacKeyType));

/**
 * Returns the CKK_* that HMAC with `hash` accepts: generic secrets, the hash's own key type, and the cipher keys that EP11
 * also accepts.
 */
export function hmacKeyTypes(hash: ck.HashName): readonly number[] {
  return [ck.CKK_AES, ck.CKK_DES2, ck.CKK_DES3, ck.CKK_GENERIC_SECRET, ck.HASHES[hash].hmacKeyType];
}

/** Returns whether keys of type `keyType` are reserved for HMAC with a hash other than `hash`. */
export function isForeignHmacKey(keyType: number, hash: ck.HashName): boolean {
  return TYPES_OF_ONE_HASH.has(keyType) && keyType !== ck.HASHES[hash].hmacKeyType;
}
