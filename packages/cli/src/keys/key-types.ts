/** The key types of the command line, by the names that --type accepts. */
import * as ck from "@grep11/cryptoki";

/** The CKA_* of each right, by the name that --usage accepts. */
export const USAGES = {
  encrypt: ck.CKA_ENCRYPT,
  decrypt: ck.CKA_DECRYPT,
  sign: ck.CKA_SIGN,
  verify: ck.CKA_VERIFY,
  wrap: ck.CKA_WRAP,
  unwrap: ck.CKA_UNWRAP,
  derive: ck.CKA_DERIVE,
} as const;

/** The name of a right that --usage accepts. */
export type Usage = keyof typeof USAGES;

/** The properties of a key type. */
export interface KeyType {
  readonly keyType: number;
  /** The mechanism (CKM_*) that generates such a key. */
  readonly generation: number;
  /** The rights that the secret or private key can have. */
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

/** Key types by name. Kyber keys can only be used for key encapsulation here, although EP11 can also encrypt with them. */
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

/** The name of a type in {@link KEY_TYPES}. */
export type KeyTypeName = keyof typeof KEY_TYPES;
