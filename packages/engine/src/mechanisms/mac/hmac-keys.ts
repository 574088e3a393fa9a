/** Which keys HMAC takes (PKCS #11 v3.2, 6.20 to 6.31). */
import * as ck from "@grep11/cryptoki";

const TYPES_OF_ONE_HASH: ReadonlySet<number> = new Set(ck.hashNames.map((hash) => ck.HASHES[hash].hmacKeyType));

/**
 * The CKK_* that HMAC with `hash` takes: generic secrets and the hash's own type, and the cipher keys that EP11 takes as
 * well.
 */
export function hmacKeyTypes(hash: ck.HashName): readonly number[] {
  return [ck.CKK_AES, ck.CKK_DES2, ck.CKK_DES3, ck.CKK_GENERIC_SECRET, ck.HASHES[hash].hmacKeyType];
}

/** Whether keys of type `keyType` are for HMAC with one hash only, and that is not `hash`. */
export function isForeignHmacKey(keyType: number, hash: ck.HashName): boolean {
  return TYPES_OF_ONE_HASH.has(keyType) && keyType !== ck.HASHES[hash].hmacKeyType;
}
