/** The hashes that every mechanism family has a row for, and the numbers of those rows. */
import * as ck from "@grep11/cryptoki";

/** Numbers that belong to one hash. */
export interface HashNumbers {
  readonly digest: number;
  readonly hmac: number;
  readonly hmacGeneral: number;
  readonly rsaPkcs: number;
  readonly rsaPss: number;
  readonly ecdsa: number;
  readonly mgf: number;
  readonly kdf: number;
  readonly keyDerivation: number;
  /** SHA-1 has none. */
  readonly hashMlDsa?: number;
  /** Length of the hash in bytes. */
  readonly length: number;
}

/** By name. Digests, MACs and masks of SHA-3 have IBM's numbers, which cards know too. */
export const HASHES = {
  sha1: {
    digest: ck.CKM_SHA_1,
    hmac: ck.CKM_SHA_1_HMAC,
    hmacGeneral: ck.CKM_SHA_1_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA1_RSA_PKCS,
    rsaPss: ck.CKM_SHA1_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA1,
    mgf: ck.CKG_MGF1_SHA1,
    kdf: ck.CKD_SHA1_KDF,
    keyDerivation: ck.CKM_SHA1_KEY_DERIVATION,
    length: 20,
  },
  sha224: {
    digest: ck.CKM_SHA224,
    hmac: ck.CKM_SHA224_HMAC,
    hmacGeneral: ck.CKM_SHA224_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA224_RSA_PKCS,
    rsaPss: ck.CKM_SHA224_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA224,
    mgf: ck.CKG_MGF1_SHA224,
    kdf: ck.CKD_SHA224_KDF,
    keyDerivation: ck.CKM_SHA224_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA224,
    length: 28,
  },
  sha256: {
    digest: ck.CKM_SHA256,
    hmac: ck.CKM_SHA256_HMAC,
    hmacGeneral: ck.CKM_SHA256_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA256_RSA_PKCS,
    rsaPss: ck.CKM_SHA256_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA256,
    mgf: ck.CKG_MGF1_SHA256,
    kdf: ck.CKD_SHA256_KDF,
    keyDerivation: ck.CKM_SHA256_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA256,
    length: 32,
  },
  sha384: {
    digest: ck.CKM_SHA384,
    hmac: ck.CKM_SHA384_HMAC,
    hmacGeneral: ck.CKM_SHA384_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA384_RSA_PKCS,
    rsaPss: ck.CKM_SHA384_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA384,
    mgf: ck.CKG_MGF1_SHA384,
    kdf: ck.CKD_SHA384_KDF,
    keyDerivation: ck.CKM_SHA384_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA384,
    length: 48,
  },
  sha512: {
    digest: ck.CKM_SHA512,
    hmac: ck.CKM_SHA512_HMAC,
    hmacGeneral: ck.CKM_SHA512_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA512_RSA_PKCS,
    rsaPss: ck.CKM_SHA512_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA512,
    mgf: ck.CKG_MGF1_SHA512,
    kdf: ck.CKD_SHA512_KDF,
    keyDerivation: ck.CKM_SHA512_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA512,
    length: 64,
  },
  "sha3-224": {
    digest: ck.CKM_IBM_SHA3_224,
    hmac: ck.CKM_IBM_SHA3_224_HMAC,
    hmacGeneral: ck.CKM_SHA3_224_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA3_224_RSA_PKCS,
    rsaPss: ck.CKM_SHA3_224_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA3_224,
    mgf: ck.CKG_IBM_MGF1_SHA3_224,
    kdf: ck.CKD_SHA3_224_KDF,
    keyDerivation: ck.CKM_SHA3_224_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA3_224,
    length: 28,
  },
  "sha3-256": {
    digest: ck.CKM_IBM_SHA3_256,
    hmac: ck.CKM_IBM_SHA3_256_HMAC,
    hmacGeneral: ck.CKM_SHA3_256_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA3_256_RSA_PKCS,
    rsaPss: ck.CKM_SHA3_256_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA3_256,
    mgf: ck.CKG_IBM_MGF1_SHA3_256,
    kdf: ck.CKD_SHA3_256_KDF,
    keyDerivation: ck.CKM_SHA3_256_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA3_256,
    length: 32,
  },
  "sha3-384": {
    digest: ck.CKM_IBM_SHA3_384,
    hmac: ck.CKM_IBM_SHA3_384_HMAC,
    hmacGeneral: ck.CKM_SHA3_384_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA3_384_RSA_PKCS,
    rsaPss: ck.CKM_SHA3_384_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA3_384,
    mgf: ck.CKG_IBM_MGF1_SHA3_384,
    kdf: ck.CKD_SHA3_384_KDF,
    keyDerivation: ck.CKM_SHA3_384_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA3_384,
    length: 48,
  },
  "sha3-512": {
    digest: ck.CKM_IBM_SHA3_512,
    hmac: ck.CKM_IBM_SHA3_512_HMAC,
    hmacGeneral: ck.CKM_SHA3_512_HMAC_GENERAL,
    rsaPkcs: ck.CKM_SHA3_512_RSA_PKCS,
    rsaPss: ck.CKM_SHA3_512_RSA_PKCS_PSS,
    ecdsa: ck.CKM_ECDSA_SHA3_512,
    mgf: ck.CKG_IBM_MGF1_SHA3_512,
    kdf: ck.CKD_SHA3_512_KDF,
    keyDerivation: ck.CKM_SHA3_512_KEY_DERIVATION,
    hashMlDsa: ck.CKM_HASH_ML_DSA_SHA3_512,
    length: 64,
  },
} as const satisfies Record<string, HashNumbers>;

/** A hash every mechanism family has a row for. */
export type HashName = keyof typeof HASHES;

/** The hashes of {@link HashName}, SHA-1 first, then SHA-2 and SHA-3. */
export const hashNames: readonly HashName[] = Object.keys(HASHES) as HashName[];
