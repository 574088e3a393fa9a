/** Properties that rows of the mechanism table share: flags, key types with their sizes, and control points. */
import * as ck from "@grep11/cryptoki";
import type { RuntimeNeed } from "./row.ts";

export const CRYPT: number = ck.CKF_ENCRYPT | ck.CKF_DECRYPT;
export const TRANSPORT: number = ck.CKF_WRAP | ck.CKF_UNWRAP;
export const SIGNATURE: number = ck.CKF_SIGN | ck.CKF_VERIFY;
export const NAMED_CURVES: number = ck.CKF_EC_F_P | ck.CKF_EC_NAMEDCURVE | ck.CKF_EC_UNCOMPRESS;
export const PRIME_FIELD: number = ck.CKF_EC_F_P | ck.CKF_EC_UNCOMPRESS;

/** Decryption does not work in parts, because no plaintext may leave before the tag is verified (docs/adr/0007). */
export const AEAD_SHAPES = { shape: "multi", decryptShape: "one-shot" } as const;

export const DES_KEYS: readonly number[] = [ck.CKK_DES2, ck.CKK_DES3];
/** Key types for HMAC and for key derivation by hash. */
export const SECRET_KEYS: readonly number[] = [
  ck.CKK_AES,
  ...DES_KEYS,
  ck.CKK_GENERIC_SECRET,
  ...ck.hashNames.map((hash) => ck.HASHES[hash].hmacKeyType),
];
export const KDF_KEYS: readonly number[] = [...SECRET_KEYS, ck.CKK_HKDF];

/** Control points of mechanisms that FIPS has not allowed since 2021 or 2024, such as DES and signatures with SHA-1. */
export const OUTDATED: readonly number[] = [ck.XCP_CPB_ALG_NFIPS2021, ck.XCP_CPB_ALG_NFIPS2024];
/** Control points of algorithms that neither FIPS nor the BSI has ever approved. */
export const UNAPPROVED: readonly number[] = [
  ck.XCP_CPB_ALG_NFIPS2009,
  ck.XCP_CPB_ALG_NBSI2009,
  ck.XCP_CPB_ALG_NFIPS2011,
  ck.XCP_CPB_ALG_NBSI2011,
  ck.XCP_CPB_ALG_NBSI2017,
  ck.XCP_CPB_ALG_NFIPS2021,
  ck.XCP_CPB_ALG_NFIPS2024,
];
/** Control points of RSA PKCS #1 v1.5 signatures. */
export const PKCS1: readonly number[] = [ck.XCP_CPB_ALG_RSA, ck.XCP_CPB_ALG_NBSI2017];
/** Control points of the 25519 and 448 curves. */
export const SAFE_CURVES: readonly number[] = [ck.XCP_CPB_ALG_EC, ck.XCP_CPB_ALG_EC_25519];

export function outdatedIf(hash: ck.HashName): readonly number[] {
  return hash === "sha1" ? OUTDATED : [];
}

export const rsaKeys = { keyTypes: [ck.CKK_RSA], bits: [512, 4096] as const, controlPoints: [ck.XCP_CPB_ALG_RSA] };
export const aes = { keyTypes: [ck.CKK_AES], bytes: [16, 32] as const };
export const des3 = { keyTypes: DES_KEYS, bytes: [16, 24] as const, controlPoints: OUTDATED };
export const xtsKeys = { keyTypes: [ck.CKK_AES_XTS], bytes: [32, 64] as const };
export const chachaKeys = { keyTypes: [ck.CKK_CHACHA20], bytes: [32, 32] as const, controlPoints: UNAPPROVED };
export const ec = { keyTypes: [ck.CKK_EC], bits: [192, 521] as const, controlPoints: [ck.XCP_CPB_ALG_EC] };
export const dsaKeys = { keyTypes: [ck.CKK_DSA], bits: [1024, 3072] as const, controlPoints: [ck.XCP_CPB_ALG_DSA] };
export const dhKeys = { keyTypes: [ck.CKK_DH], bits: [1024, 3072] as const, controlPoints: [ck.XCP_CPB_ALG_DH] };

/** The flags of all functions that post-quantum keys have. */
const EVERYTHING = ck.CKF_GENERATE_KEY_PAIR | ck.CKF_SIGN | ck.CKF_VERIFY | ck.CKF_DERIVE;
const needing = (feature: RuntimeNeed["feature"]): RuntimeNeed => ({ feature, flags: EVERYTHING });

/** The sizes of post-quantum keys are those of public keys in bytes, as PKCS #11 v3.2 tokens report them. */
export const mlDsaKeys = {
  keyTypes: [ck.CKK_IBM_ML_DSA],
  nominal: [1312, 2592] as const,
  controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_ML_DSA],
  needs: needing("ml-dsa"),
};
export const mlKemKeys = {
  keyTypes: [ck.CKK_IBM_ML_KEM],
  nominal: [800, 1568] as const,
  controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_ML_KEM],
  needs: needing("ml-kem"),
};
export const slhDsaKeys = {
  keyTypes: [ck.CKK_SLH_DSA],
  nominal: [32, 64] as const,
  controlPoints: [ck.XCP_CPB_ALG_PQC],
  needs: needing("slh-dsa"),
};

const TYPES_OF_ONE_HASH: ReadonlySet<number> = new Set(ck.hashNames.map((hash) => ck.HASHES[hash].hmacKeyType));

/** Returns the key types of HMAC with `hash` (PKCS #11 v3.2, 6.20 to 6.31), and the cipher keys that EP11 also accepts. */
export function hmacKeyTypes(hash: ck.HashName): readonly number[] {
  return [ck.CKK_AES, ck.CKK_DES2, ck.CKK_DES3, ck.CKK_GENERIC_SECRET, ck.HASHES[hash].hmacKeyType];
}

/** Whether keys of type `keyType` are reserved for HMAC with another hash. */
export function isForeignHmacKey(keyType: number, hash: ck.HashName): boolean {
  return TYPES_OF_ONE_HASH.has(keyType) && keyType !== ck.HASHES[hash].hmacKeyType;
}
