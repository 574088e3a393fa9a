/**
 * The hash functions (FIPS 180-4, FIPS 202) with their sizes, their OBJECT IDENTIFIERs (RFC 8017, B.1; NIST's register of
 * algorithms), and the numbers of the mechanisms and parameters that use them.
 */
import * as ckk from "./gen/ckk.ts";
import * as ckm from "./gen/ckm.ts";
import * as parameters from "./gen/parameters.ts";

/** The sizes of one hash function, and the numbers that PKCS #11 and EP11 have for it; a number is absent if they define none. */
export interface HashNumbers {
  /** Dotted OBJECT IDENTIFIER. */
  readonly oid: string;
  /** Length of the hash in bytes. */
  readonly bytes: number;
  /** Length of a block in bytes, which HMAC depends on. */
  readonly blockBytes: number;
  readonly digest: number;
  readonly hmac: number;
  readonly hmacGeneral: number;
  /** CKK_* of keys that can only be used for HMAC with this hash. */
  readonly hmacKeyType: number;
  /** CKG_MGF1_*. */
  readonly mgf?: number;
  /** CKD_* of the KDF of ANSI X9.63. */
  readonly kdf?: number;
  /** CKD_* of the one-step KDF of SP 800-56A. */
  readonly kdfSp800?: number;
  readonly keyDerivation: number;
  readonly rsaPkcs?: number;
  readonly rsaPss?: number;
  readonly ecdsa?: number;
  readonly hashMlDsa?: number;
  /** Further numbers with the same meaning. */
  readonly aliases?: { readonly digest?: number; readonly hmac?: number; readonly mgf?: number };
}

/**
 * The hash functions by name, as OpenSSL spells it. For SHA-3, `digest`, `hmac` and `mgf` are IBM's numbers, which EP11 cards
 * support, and `aliases` has the standard ones.
 */
export const HASHES = {
  sha1: {
    oid: "1.3.14.3.2.26",
    bytes: 20,
    blockBytes: 64,
    digest: ckm.CKM_SHA_1,
    hmac: ckm.CKM_SHA_1_HMAC,
    hmacGeneral: ckm.CKM_SHA_1_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA_1_HMAC,
    mgf: parameters.CKG_MGF1_SHA1,
    kdf: parameters.CKD_SHA1_KDF,
    kdfSp800: parameters.CKD_SHA1_KDF_SP800,
    keyDerivation: ckm.CKM_SHA1_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA1_RSA_PKCS,
    rsaPss: ckm.CKM_SHA1_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA1,
  },
  sha224: {
    oid: "2.16.840.1.101.3.4.2.4",
    bytes: 28,
    blockBytes: 64,
    digest: ckm.CKM_SHA224,
    hmac: ckm.CKM_SHA224_HMAC,
    hmacGeneral: ckm.CKM_SHA224_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA224_HMAC,
    mgf: parameters.CKG_MGF1_SHA224,
    kdf: parameters.CKD_SHA224_KDF,
    kdfSp800: parameters.CKD_SHA224_KDF_SP800,
    keyDerivation: ckm.CKM_SHA224_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA224_RSA_PKCS,
    rsaPss: ckm.CKM_SHA224_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA224,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA224,
  },
  sha256: {
    oid: "2.16.840.1.101.3.4.2.1",
    bytes: 32,
    blockBytes: 64,
    digest: ckm.CKM_SHA256,
    hmac: ckm.CKM_SHA256_HMAC,
    hmacGeneral: ckm.CKM_SHA256_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA256_HMAC,
    mgf: parameters.CKG_MGF1_SHA256,
    kdf: parameters.CKD_SHA256_KDF,
    kdfSp800: parameters.CKD_SHA256_KDF_SP800,
    keyDerivation: ckm.CKM_SHA256_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA256_RSA_PKCS,
    rsaPss: ckm.CKM_SHA256_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA256,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA256,
  },
  sha384: {
    oid: "2.16.840.1.101.3.4.2.2",
    bytes: 48,
    blockBytes: 128,
    digest: ckm.CKM_SHA384,
    hmac: ckm.CKM_SHA384_HMAC,
    hmacGeneral: ckm.CKM_SHA384_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA384_HMAC,
    mgf: parameters.CKG_MGF1_SHA384,
    kdf: parameters.CKD_SHA384_KDF,
    kdfSp800: parameters.CKD_SHA384_KDF_SP800,
    keyDerivation: ckm.CKM_SHA384_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA384_RSA_PKCS,
    rsaPss: ckm.CKM_SHA384_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA384,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA384,
  },
  sha512: {
    oid: "2.16.840.1.101.3.4.2.3",
    bytes: 64,
    blockBytes: 128,
    digest: ckm.CKM_SHA512,
    hmac: ckm.CKM_SHA512_HMAC,
    hmacGeneral: ckm.CKM_SHA512_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA512_HMAC,
    mgf: parameters.CKG_MGF1_SHA512,
    kdf: parameters.CKD_SHA512_KDF,
    kdfSp800: parameters.CKD_SHA512_KDF_SP800,
    keyDerivation: ckm.CKM_SHA512_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA512_RSA_PKCS,
    rsaPss: ckm.CKM_SHA512_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA512,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA512,
  },
  "sha512-224": {
    oid: "2.16.840.1.101.3.4.2.5",
    bytes: 28,
    blockBytes: 128,
    digest: ckm.CKM_SHA512_224,
    hmac: ckm.CKM_SHA512_224_HMAC,
    hmacGeneral: ckm.CKM_SHA512_224_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA512_224_HMAC,
    keyDerivation: ckm.CKM_SHA512_224_KEY_DERIVATION,
    aliases: { digest: ckm.CKM_IBM_SHA512_224, hmac: ckm.CKM_IBM_SHA512_224_HMAC },
  },
  "sha512-256": {
    oid: "2.16.840.1.101.3.4.2.6",
    bytes: 32,
    blockBytes: 128,
    digest: ckm.CKM_SHA512_256,
    hmac: ckm.CKM_SHA512_256_HMAC,
    hmacGeneral: ckm.CKM_SHA512_256_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA512_256_HMAC,
    keyDerivation: ckm.CKM_SHA512_256_KEY_DERIVATION,
    aliases: { digest: ckm.CKM_IBM_SHA512_256, hmac: ckm.CKM_IBM_SHA512_256_HMAC },
  },
  "sha3-224": {
    oid: "2.16.840.1.101.3.4.2.7",
    bytes: 28,
    blockBytes: 144,
    digest: ckm.CKM_IBM_SHA3_224,
    hmac: ckm.CKM_IBM_SHA3_224_HMAC,
    hmacGeneral: ckm.CKM_SHA3_224_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA3_224_HMAC,
    mgf: parameters.CKG_IBM_MGF1_SHA3_224,
    kdf: parameters.CKD_SHA3_224_KDF,
    kdfSp800: parameters.CKD_SHA3_224_KDF_SP800,
    keyDerivation: ckm.CKM_SHA3_224_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA3_224_RSA_PKCS,
    rsaPss: ckm.CKM_SHA3_224_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA3_224,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA3_224,
    aliases: { digest: ckm.CKM_SHA3_224, hmac: ckm.CKM_SHA3_224_HMAC, mgf: parameters.CKG_MGF1_SHA3_224 },
  },
  "sha3-256": {
    oid: "2.16.840.1.101.3.4.2.8",
    bytes: 32,
    blockBytes: 136,
    digest: ckm.CKM_IBM_SHA3_256,
    hmac: ckm.CKM_IBM_SHA3_256_HMAC,
    hmacGeneral: ckm.CKM_SHA3_256_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA3_256_HMAC,
    mgf: parameters.CKG_IBM_MGF1_SHA3_256,
    kdf: parameters.CKD_SHA3_256_KDF,
    kdfSp800: parameters.CKD_SHA3_256_KDF_SP800,
    keyDerivation: ckm.CKM_SHA3_256_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA3_256_RSA_PKCS,
    rsaPss: ckm.CKM_SHA3_256_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA3_256,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA3_256,
    aliases: { digest: ckm.CKM_SHA3_256, hmac: ckm.CKM_SHA3_256_HMAC, mgf: parameters.CKG_MGF1_SHA3_256 },
  },
  "sha3-384": {
    oid: "2.16.840.1.101.3.4.2.9",
    bytes: 48,
    blockBytes: 104,
    digest: ckm.CKM_IBM_SHA3_384,
    hmac: ckm.CKM_IBM_SHA3_384_HMAC,
    hmacGeneral: ckm.CKM_SHA3_384_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA3_384_HMAC,
    mgf: parameters.CKG_IBM_MGF1_SHA3_384,
    kdf: parameters.CKD_SHA3_384_KDF,
    kdfSp800: parameters.CKD_SHA3_384_KDF_SP800,
    keyDerivation: ckm.CKM_SHA3_384_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA3_384_RSA_PKCS,
    rsaPss: ckm.CKM_SHA3_384_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA3_384,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA3_384,
    aliases: { digest: ckm.CKM_SHA3_384, hmac: ckm.CKM_SHA3_384_HMAC, mgf: parameters.CKG_MGF1_SHA3_384 },
  },
  "sha3-512": {
    oid: "2.16.840.1.101.3.4.2.10",
    bytes: 64,
    blockBytes: 72,
    digest: ckm.CKM_IBM_SHA3_512,
    hmac: ckm.CKM_IBM_SHA3_512_HMAC,
    hmacGeneral: ckm.CKM_SHA3_512_HMAC_GENERAL,
    hmacKeyType: ckk.CKK_SHA3_512_HMAC,
    mgf: parameters.CKG_IBM_MGF1_SHA3_512,
    kdf: parameters.CKD_SHA3_512_KDF,
    kdfSp800: parameters.CKD_SHA3_512_KDF_SP800,
    keyDerivation: ckm.CKM_SHA3_512_KEY_DERIVATION,
    rsaPkcs: ckm.CKM_SHA3_512_RSA_PKCS,
    rsaPss: ckm.CKM_SHA3_512_RSA_PKCS_PSS,
    ecdsa: ckm.CKM_ECDSA_SHA3_512,
    hashMlDsa: ckm.CKM_HASH_ML_DSA_SHA3_512,
    aliases: { digest: ckm.CKM_SHA3_512, hmac: ckm.CKM_SHA3_512_HMAC, mgf: parameters.CKG_MGF1_SHA3_512 },
  },
} as const satisfies Record<string, HashNumbers>;

/** The name of a hash function. */
export type HashName = keyof typeof HASHES;

/** The names of all hash functions: SHA-1 first, then SHA-2 and SHA-3. */
export const hashNames: readonly HashName[] = Object.keys(HASHES) as HashName[];
