/** The types of keys the command line knows: how they are made and what they can do. */
import * as ck from "@grep11/cryptoki";

/** A right, as --usage writes it. */
export type Usage = "encrypt" | "decrypt" | "sign" | "verify" | "wrap" | "unwrap" | "derive";

/** What a key of one type can do. */
export interface KeyKind {
  readonly keyType: number;
  /** CKM_* that generates it. */
  readonly generation: number;
  /** Rights of a secret or private key. */
  readonly rights: readonly Usage[];
  /** Rights of the public key of a pair; absent for secret keys. */
  readonly publicRights?: readonly Usage[];
  /** Rights without --usage. */
  readonly defaultUsage: readonly Usage[];
  /** How many bytes a key has is said in the template (CKA_VALUE_LEN). */
  readonly sized?: true;
}

const SECRET = ["encrypt", "decrypt", "sign", "verify", "wrap", "unwrap", "derive"] as const;

function signing(keyType: number, generation: number) {
  const [rights, publicRights] = [["sign"], ["verify"]] as const;
  return { keyType, generation, rights, publicRights, defaultUsage: ["sign", "verify"] } as const;
}

function encapsulating(keyType: number, generation: number) {
  const derive = ["derive"] as const;
  return { keyType, generation, rights: derive, publicRights: derive, defaultUsage: derive } as const;
}

/** Key types by name. */
export const KEY_KINDS = {
  aes: {
    keyType: ck.CKK_AES,
    generation: ck.CKM_AES_KEY_GEN,
    rights: SECRET,
    defaultUsage: ["encrypt", "decrypt"],
    sized: true,
  },
  "aes-xts": {
    keyType: ck.CKK_AES_XTS,
    generation: ck.CKM_AES_XTS_KEY_GEN,
    rights: ["encrypt", "decrypt"],
    defaultUsage: ["encrypt", "decrypt"],
    sized: true,
  },
  chacha20: {
    keyType: ck.CKK_CHACHA20,
    generation: ck.CKM_CHACHA20_KEY_GEN,
    rights: ["encrypt", "decrypt"],
    defaultUsage: ["encrypt", "decrypt"],
  },
  des2: { keyType: ck.CKK_DES2, generation: ck.CKM_DES2_KEY_GEN, rights: SECRET, defaultUsage: ["encrypt", "decrypt"] },
  des3: { keyType: ck.CKK_DES3, generation: ck.CKM_DES3_KEY_GEN, rights: SECRET, defaultUsage: ["encrypt", "decrypt"] },
  generic: {
    keyType: ck.CKK_GENERIC_SECRET,
    generation: ck.CKM_GENERIC_SECRET_KEY_GEN,
    rights: ["sign", "verify", "derive"],
    defaultUsage: ["sign", "verify"],
    sized: true,
  },
  rsa: {
    keyType: ck.CKK_RSA,
    generation: ck.CKM_RSA_PKCS_KEY_PAIR_GEN,
    rights: ["decrypt", "sign", "unwrap"],
    publicRights: ["encrypt", "verify", "wrap"],
    defaultUsage: ["encrypt", "decrypt", "sign", "verify"],
  },
  ec: {
    keyType: ck.CKK_EC,
    generation: ck.CKM_EC_KEY_PAIR_GEN,
    rights: ["sign", "derive", "unwrap"],
    publicRights: ["verify", "derive", "wrap"],
    defaultUsage: ["sign", "verify"],
  },
  dsa: {
    keyType: ck.CKK_DSA,
    generation: ck.CKM_DSA_KEY_PAIR_GEN,
    rights: ["sign"],
    publicRights: ["verify"],
    defaultUsage: ["sign", "verify"],
  },
  dh: {
    keyType: ck.CKK_DH,
    generation: ck.CKM_DH_PKCS_KEY_PAIR_GEN,
    rights: ["derive"],
    publicRights: ["derive"],
    defaultUsage: ["derive"],
  },
  dilithium: signing(ck.CKK_IBM_PQC_DILITHIUM, ck.CKM_IBM_DILITHIUM),
  kyber: encapsulating(ck.CKK_IBM_PQC_KYBER, ck.CKM_IBM_KYBER),
  "ml-dsa": signing(ck.CKK_IBM_ML_DSA, ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN),
  "ml-kem": encapsulating(ck.CKK_IBM_ML_KEM, ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN),
  "slh-dsa": signing(ck.CKK_SLH_DSA, ck.CKM_SLH_DSA_KEY_PAIR_GEN),
} as const satisfies Record<string, KeyKind>;

/** Names of {@link KEY_KINDS}. */
export type KeyKindName = keyof typeof KEY_KINDS;
