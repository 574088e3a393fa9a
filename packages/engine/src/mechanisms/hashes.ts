/** CKM_* of hash functions and their HMAC, CKG_* and the key types of HMAC, by the names the primitives use. */
import * as ck from "@grep11/cryptoki";
import type { HashName } from "../primitives/hash/hash-name.ts";

const HASH_OF_MECHANISM: ReadonlyMap<number, HashName> = new Map([
  [ck.CKM_SHA_1, "sha1"],
  [ck.CKM_SHA224, "sha224"],
  [ck.CKM_SHA256, "sha256"],
  [ck.CKM_SHA384, "sha384"],
  [ck.CKM_SHA512, "sha512"],
  [ck.CKM_SHA512_224, "sha512-224"],
  [ck.CKM_SHA512_256, "sha512-256"],
  [ck.CKM_IBM_SHA512_224, "sha512-224"],
  [ck.CKM_IBM_SHA512_256, "sha512-256"],
  [ck.CKM_SHA3_224, "sha3-224"],
  [ck.CKM_SHA3_256, "sha3-256"],
  [ck.CKM_SHA3_384, "sha3-384"],
  [ck.CKM_SHA3_512, "sha3-512"],
  [ck.CKM_IBM_SHA3_224, "sha3-224"],
  [ck.CKM_IBM_SHA3_256, "sha3-256"],
  [ck.CKM_IBM_SHA3_384, "sha3-384"],
  [ck.CKM_IBM_SHA3_512, "sha3-512"],
]);

const HASH_OF_MGF: ReadonlyMap<number, HashName> = new Map([
  [ck.CKG_MGF1_SHA1, "sha1"],
  [ck.CKG_MGF1_SHA224, "sha224"],
  [ck.CKG_MGF1_SHA256, "sha256"],
  [ck.CKG_MGF1_SHA384, "sha384"],
  [ck.CKG_MGF1_SHA512, "sha512"],
  [ck.CKG_MGF1_SHA3_224, "sha3-224"],
  [ck.CKG_MGF1_SHA3_256, "sha3-256"],
  [ck.CKG_MGF1_SHA3_384, "sha3-384"],
  [ck.CKG_MGF1_SHA3_512, "sha3-512"],
  [ck.CKG_IBM_MGF1_SHA3_224, "sha3-224"],
  [ck.CKG_IBM_MGF1_SHA3_256, "sha3-256"],
  [ck.CKG_IBM_MGF1_SHA3_384, "sha3-384"],
  [ck.CKG_IBM_MGF1_SHA3_512, "sha3-512"],
]);

const HASH_OF_HMAC: ReadonlyMap<number, HashName> = new Map([
  [ck.CKM_SHA_1_HMAC, "sha1"],
  [ck.CKM_SHA224_HMAC, "sha224"],
  [ck.CKM_SHA256_HMAC, "sha256"],
  [ck.CKM_SHA384_HMAC, "sha384"],
  [ck.CKM_SHA512_HMAC, "sha512"],
  [ck.CKM_SHA512_224_HMAC, "sha512-224"],
  [ck.CKM_SHA512_256_HMAC, "sha512-256"],
  [ck.CKM_IBM_SHA512_224_HMAC, "sha512-224"],
  [ck.CKM_IBM_SHA512_256_HMAC, "sha512-256"],
  [ck.CKM_SHA3_224_HMAC, "sha3-224"],
  [ck.CKM_IBM_SHA3_224_HMAC, "sha3-224"],
  [ck.CKM_SHA3_256_HMAC, "sha3-256"],
  [ck.CKM_IBM_SHA3_256_HMAC, "sha3-256"],
  [ck.CKM_SHA3_384_HMAC, "sha3-384"],
  [ck.CKM_IBM_SHA3_384_HMAC, "sha3-384"],
  [ck.CKM_SHA3_512_HMAC, "sha3-512"],
  [ck.CKM_IBM_SHA3_512_HMAC, "sha3-512"],
]);

/** The hash that a digest mechanism names; undefined if it is none. */
export function hashOfMechanism(mechanism: number): HashName | undefined {
  return HASH_OF_MECHANISM.get(mechanism);
}

/** The hash that an HMAC mechanism (of full length) names; undefined if it is none. */
export function hashOfHmac(mechanism: number): HashName | undefined {
  return HASH_OF_HMAC.get(mechanism);
}

/** The hash of an MGF1 number (CKG_*); undefined if unknown. */
export function hashOfMgf(mgf: number): HashName | undefined {
  return HASH_OF_MGF.get(mgf);
}

/** The key type that belongs to the HMAC of one hash alone. */
const HMAC_KEY_TYPES: Readonly<Record<HashName, number>> = {
  sha1: ck.CKK_SHA_1_HMAC,
  sha224: ck.CKK_SHA224_HMAC,
  sha256: ck.CKK_SHA256_HMAC,
  sha384: ck.CKK_SHA384_HMAC,
  sha512: ck.CKK_SHA512_HMAC,
  "sha512-224": ck.CKK_SHA512_224_HMAC,
  "sha512-256": ck.CKK_SHA512_256_HMAC,
  "sha3-224": ck.CKK_SHA3_224_HMAC,
  "sha3-256": ck.CKK_SHA3_256_HMAC,
  "sha3-384": ck.CKK_SHA3_384_HMAC,
  "sha3-512": ck.CKK_SHA3_512_HMAC,
};

const TYPED_HMAC_KEYS: ReadonlySet<number> = new Set(Object.values(HMAC_KEY_TYPES));

/**
 * The CKK_* that HMAC with `hash` takes: generic secrets and the hash's own type (PKCS #11 v3.2, 6.20 to 6.31), and the
 * cipher keys that EP11 takes as well.
 */
export function hmacKeyTypes(hash: HashName): readonly number[] {
  return [ck.CKK_AES, ck.CKK_DES2, ck.CKK_DES3, ck.CKK_GENERIC_SECRET, HMAC_KEY_TYPES[hash]];
}

/** Is `keyType` bound to the HMAC of another hash than `hash`? */
export function isForeignHmacKey(keyType: number, hash: HashName): boolean {
  return TYPED_HMAC_KEYS.has(keyType) && keyType !== HMAC_KEY_TYPES[hash];
}
