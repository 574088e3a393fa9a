/**
 * The key types, and the rights that their keys can have. The sources are the "key objects" of PKCS #11 v3.2, 6 (for AES:
 * 6.10.2), and docs/reference/ep11.md#attribute-rules.
 */
import * as cka from "./gen/cka.ts";
import * as ckk from "./gen/ckk.ts";
import * as ckm from "./gen/ckm.ts";
import { HASHES, hashNames } from "./hashes.ts";

/** A type of secret keys. */
export interface SecretKeyType {
  readonly kind: "secret";
  /** The CKM_* that generates such keys; absent if they can only be imported or derived. */
  readonly generation?: number;
  /**
   * The possible lengths of a value in bytes, in ascending order. If absent, a value can have any length up to {@link
   * MAX_SECRET_BYTES}.
   */
  readonly lengths?: readonly number[];
  /** The rights (CKA_*) that a key can have. */
  readonly rights: readonly number[];
}

/** A type of key pairs. */
export interface KeyPairType {
  readonly kind: "pair";
  /** The CKM_* that generates such pairs. */
  readonly generation: number;
  /** The rights (CKA_*) that a private key can have. */
  readonly rights: readonly number[];
  /** The rights (CKA_*) that a public key can have. */
  readonly publicRights: readonly number[];
}

/** The maximum length in bytes of a secret without a fixed length (ep11.h). */
export const MAX_SECRET_BYTES = 256;

const { CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE } = cka;
const CIPHER = [CKA_ENCRYPT, CKA_DECRYPT];
const BLOCK_CIPHER = [...CIPHER, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];
const MAC = [CKA_SIGN, CKA_VERIFY, CKA_DERIVE];
const HMAC_KEY: SecretKeyType = { kind: "secret", rights: MAC };

function secret(generation: number, rights: readonly number[], lengths?: readonly number[]): SecretKeyType {
  return { kind: "secret", generation, rights, ...(lengths && { lengths }) };
}

function pair(generation: number, rights: readonly number[], publicRights: readonly number[]): KeyPairType {
  return { kind: "pair", generation, rights, publicRights };
}

/** Every key type (CKK_*) of EP11 and of GREP11. */
export const KEY_TYPES: ReadonlyMap<number, SecretKeyType | KeyPairType> = new Map<number, SecretKeyType | KeyPairType>(
  [
    [ckk.CKK_AES, secret(ckm.CKM_AES_KEY_GEN, BLOCK_CIPHER, [16, 24, 32])],
    [ckk.CKK_AES_XTS, secret(ckm.CKM_AES_XTS_KEY_GEN, CIPHER, [32, 64])],
    [ckk.CKK_CHACHA20, secret(ckm.CKM_CHACHA20_KEY_GEN, CIPHER, [32])],
    [ckk.CKK_DES2, secret(ckm.CKM_DES2_KEY_GEN, BLOCK_CIPHER, [16])],
    [ckk.CKK_DES3, secret(ckm.CKM_DES3_KEY_GEN, BLOCK_CIPHER, [24])],
    [ckk.CKK_GENERIC_SECRET, secret(ckm.CKM_GENERIC_SECRET_KEY_GEN, MAC)],
    [ckk.CKK_HKDF, secret(ckm.CKM_HKDF_KEY_GEN, [CKA_DERIVE])],
    ...hashNames.map((name) => [HASHES[name].hmacKeyType, HMAC_KEY] as const),
    [
      ckk.CKK_RSA,
      pair(ckm.CKM_RSA_PKCS_KEY_PAIR_GEN, [CKA_DECRYPT, CKA_SIGN, CKA_UNWRAP], [CKA_ENCRYPT, CKA_VERIFY, CKA_WRAP]),
    ],
    [ckk.CKK_EC, pair(ckm.CKM_EC_KEY_PAIR_GEN, [CKA_SIGN, CKA_DERIVE, CKA_UNWRAP], [CKA_VERIFY, CKA_DERIVE, CKA_WRAP])],
    [ckk.CKK_DSA, pair(ckm.CKM_DSA_KEY_PAIR_GEN, [CKA_SIGN], [CKA_VERIFY])],
    [ckk.CKK_DH, pair(ckm.CKM_DH_PKCS_KEY_PAIR_GEN, [CKA_DERIVE], [CKA_DERIVE])],
    [ckk.CKK_IBM_PQC_DILITHIUM, pair(ckm.CKM_IBM_DILITHIUM, [CKA_SIGN], [CKA_VERIFY])],
    [ckk.CKK_IBM_ML_DSA, pair(ckm.CKM_IBM_ML_DSA_KEY_PAIR_GEN, [CKA_SIGN], [CKA_VERIFY])],
    [ckk.CKK_SLH_DSA, pair(ckm.CKM_SLH_DSA_KEY_PAIR_GEN, [CKA_SIGN], [CKA_VERIFY])],
    [ckk.CKK_IBM_PQC_KYBER, pair(ckm.CKM_IBM_KYBER, [CKA_DECRYPT, CKA_DERIVE], [CKA_ENCRYPT, CKA_DERIVE])],
    [ckk.CKK_IBM_ML_KEM, pair(ckm.CKM_IBM_ML_KEM_KEY_PAIR_GEN, [CKA_DERIVE], [CKA_DERIVE])],
  ],
);
