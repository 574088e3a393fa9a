/** Defines the key types that --type accepts, and the rights that --usage accepts. */
import * as ck from "@grep11/cryptoki";

/** The attributes that grant rights, by the names that --usage accepts. */
export const USAGES = {
  encrypt: ck.CKA_ENCRYPT,
  decrypt: ck.CKA_DECRYPT,
  sign: ck.CKA_SIGN,
  verify: ck.CKA_VERIFY,
  wrap: ck.CKA_WRAP,
  unwrap: ck.CKA_UNWRAP,
  derive: ck.CKA_DERIVE,
} as const;

export type Usage = keyof typeof USAGES;

export interface KeyType {
  readonly keyType: number;
  /** The mechanism (CKM_*) that generates such a key. */
  readonly generation: number;
  /** The rights that the secret key or private key can have. */
  readonly rights: readonly Usage[];
  /** The rights that the public key of a key pair can have; undefined for secret keys. */
  readonly publicRights: readonly Usage[] | undefined;
  /** The rights that are granted if --usage is not given. */
  readonly defaultUsage: readonly Usage[];
  /** Whether templates must contain the length of the key (CKA_VALUE_LEN). */
  readonly sized: boolean;
}

function usagesOf(rights: readonly number[]): readonly Usage[] {
  return (Object.keys(USAGES) as Usage[]).filter((usage) => rights.includes(USAGES[usage]));
}

function keyType(keyType: number, ...defaultUsage: readonly Usage[]): KeyType {
  const type = ck.KEY_TYPES.get(keyType)!;
  const { generation = 0, rights } = type;
  const publicRights = type.kind === "pair" ? usagesOf(type.publicRights) : undefined;
  const sized = type.kind === "secret" && type.lengths?.length !== 1;
  return { keyType, generation, rights: usagesOf(rights), publicRights, defaultUsage, sized };
}

/** Key types by name. EP11 can also encrypt with Kyber keys, but this program uses them only for key encapsulation. */
export const KEY_TYPES = {
  aes: keyType(ck.CKK_AES, "encrypt", "decrypt"),
  "aes-xts": keyType(ck.CKK_AES_XTS, "encrypt", "decrypt"),
  chacha20: keyType(ck.CKK_CHACHA20, "encrypt", "decrypt"),
  des2: keyType(ck.CKK_DES2, "encrypt", "decrypt"),
  des3: keyType(ck.CKK_DES3, "encrypt", "decrypt"),
  generic: keyType(ck.CKK_GENERIC_SECRET, "sign", "verify"),
  rsa: keyType(ck.CKK_RSA, "encrypt", "decrypt", "sign", "verify"),
  ec: keyType(ck.CKK_EC, "sign", "verify"),
  dsa: keyType(ck.CKK_DSA, "sign", "verify"),
  dh: keyType(ck.CKK_DH, "derive"),
  dilithium: keyType(ck.CKK_IBM_PQC_DILITHIUM, "sign", "verify"),
  kyber: { ...keyType(ck.CKK_IBM_PQC_KYBER, "derive"), rights: ["derive"], publicRights: ["derive"] },
  "ml-dsa": keyType(ck.CKK_IBM_ML_DSA, "sign", "verify"),
  "ml-kem": keyType(ck.CKK_IBM_ML_KEM, "derive"),
  "slh-dsa": keyType(ck.CKK_SLH_DSA, "sign", "verify"),
} as const satisfies Record<string, KeyType>;

export type KeyTypeName = keyof typeof KEY_TYPES;
