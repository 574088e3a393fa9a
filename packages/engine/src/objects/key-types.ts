/**
 * What each key type is: the lengths of its values and the usage attributes that mean something for it. Sources: the "key
 * objects" of PKCS #11 v3.2, 6 (AES: 6.10.2), ep11 facts 3.5.
 */
import {
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_ENCRYPT,
  CKA_SIGN,
  CKA_UNWRAP,
  CKA_VERIFY,
  CKA_WRAP,
  CKK_AES,
  CKK_AES_XTS,
  CKK_CHACHA20,
  CKK_DES2,
  CKK_DES3,
  CKK_DH,
  CKK_DSA,
  CKK_EC,
  CKK_GENERIC_SECRET,
  CKK_HKDF,
  CKK_IBM_ML_DSA,
  CKK_IBM_ML_KEM,
  CKK_IBM_PQC_DILITHIUM,
  CKK_IBM_PQC_KYBER,
  CKK_RSA,
  CKK_SHA_1_HMAC,
  CKK_SHA3_224_HMAC,
  CKK_SHA3_256_HMAC,
  CKK_SHA3_384_HMAC,
  CKK_SHA3_512_HMAC,
  CKK_SHA224_HMAC,
  CKK_SHA256_HMAC,
  CKK_SHA384_HMAC,
  CKK_SHA512_224_HMAC,
  CKK_SHA512_256_HMAC,
  CKK_SHA512_HMAC,
  CKK_SLH_DSA,
  CkError,
} from "@grep11/cryptoki";
import type { RuntimeFeature } from "../primitives/openssl/runtime-features.ts";
import { hasEqualHalves } from "../primitives/symmetric/xts.ts";

/** Usage attributes of one class of a key type: which mean something, and which are set when a template is silent. */
export interface UsageRules {
  readonly applicable: readonly number[];
  readonly defaults: readonly number[];
  /** The defaults where the policy keeps signing and crypting keys apart; left out: `defaults` already are. */
  readonly separated?: readonly number[];
}

/** Rules of a secret key type. */
export interface SecretKeyRules extends UsageRules {
  readonly kind: "secret";
  readonly needs?: undefined;
  /** The only lengths a value may have, in bytes; absent: any from `min` to `max`. */
  readonly lengths: readonly number[] | undefined;
  readonly min: number;
  readonly max: number;
  /** DES keys carry odd parity bits. */
  readonly parity: boolean;
  /** The halves of a value differ: XTS forbids keys of two equal ones (FIPS 140-3 IG C.I). */
  readonly unequalHalves: boolean;
}

/** Rules of a key-pair type. */
export interface KeyPairRules {
  readonly kind: "pair";
  /** What the runtime must have for such keys; undefined: every runtime has it. */
  readonly needs?: RuntimeFeature;
  readonly privateKey: UsageRules;
  readonly publicKey: UsageRules;
}

export type KeyTypeRules = SecretKeyRules | KeyPairRules;

/** Longest generic secret in bytes (ep11.h). */
export const MAX_SECRET_BYTES = 256;

const CRYPT_SIGN = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY];
const CRYPT = [CKA_ENCRYPT, CKA_DECRYPT];

function secret(
  lengths: readonly number[] | undefined,
  usage: Partial<UsageRules> & { parity?: boolean; unequalHalves?: boolean } = {},
) {
  return {
    kind: "secret",
    lengths,
    min: lengths?.[0] ?? 1,
    max: lengths?.at(-1) ?? MAX_SECRET_BYTES,
    parity: usage.parity ?? false,
    unequalHalves: usage.unequalHalves ?? false,
    applicable: usage.applicable ?? [...CRYPT_SIGN, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE],
    defaults: usage.defaults ?? CRYPT_SIGN,
    separated: usage.defaults ?? CRYPT,
  } as const satisfies SecretKeyRules;
}

const cryptOnly = { applicable: CRYPT, defaults: CRYPT };
const mac = secret(undefined, { applicable: [CKA_SIGN, CKA_VERIFY, CKA_DERIVE], defaults: [CKA_SIGN, CKA_VERIFY] });

function pair(privateKey: UsageRules, publicKey: UsageRules): KeyPairRules {
  return { kind: "pair", privateKey, publicKey };
}

const signatureOnly = pair(
  { applicable: [CKA_SIGN], defaults: [CKA_SIGN] },
  { applicable: [CKA_VERIFY], defaults: [CKA_VERIFY] },
);

const RULES: ReadonlyMap<number, KeyTypeRules> = new Map<number, KeyTypeRules>([
  [CKK_AES, secret([16, 24, 32])],
  [CKK_AES_XTS, secret([32, 64], { ...cryptOnly, unequalHalves: true })],
  [CKK_CHACHA20, secret([32], cryptOnly)],
  [CKK_DES2, secret([16], { parity: true })],
  [CKK_DES3, secret([24], { parity: true })],
  [CKK_GENERIC_SECRET, mac],
  [CKK_HKDF, secret(undefined, { applicable: [CKA_DERIVE], defaults: [] })],
  [CKK_SHA_1_HMAC, mac],
  [CKK_SHA224_HMAC, mac],
  [CKK_SHA256_HMAC, mac],
  [CKK_SHA384_HMAC, mac],
  [CKK_SHA512_HMAC, mac],
  [CKK_SHA512_224_HMAC, mac],
  [CKK_SHA512_256_HMAC, mac],
  [CKK_SHA3_224_HMAC, mac],
  [CKK_SHA3_256_HMAC, mac],
  [CKK_SHA3_384_HMAC, mac],
  [CKK_SHA3_512_HMAC, mac],
  [
    CKK_RSA,
    pair(
      { applicable: [CKA_SIGN, CKA_DECRYPT, CKA_UNWRAP], defaults: [CKA_SIGN, CKA_DECRYPT], separated: [CKA_SIGN] },
      { applicable: [CKA_VERIFY, CKA_ENCRYPT, CKA_WRAP], defaults: [CKA_VERIFY, CKA_ENCRYPT] },
    ),
  ],
  [
    CKK_EC,
    pair(
      { applicable: [CKA_SIGN, CKA_DERIVE, CKA_UNWRAP], defaults: [CKA_SIGN] },
      { applicable: [CKA_VERIFY, CKA_DERIVE, CKA_WRAP], defaults: [CKA_VERIFY] },
    ),
  ],
  [CKK_DSA, signatureOnly],
  [CKK_DH, pair({ applicable: [CKA_DERIVE], defaults: [] }, { applicable: [CKA_DERIVE], defaults: [] })],
  [CKK_IBM_PQC_DILITHIUM, signatureOnly],
  [CKK_IBM_ML_DSA, { ...signatureOnly, needs: "ml-dsa" }],
  [CKK_SLH_DSA, { ...signatureOnly, needs: "slh-dsa" }],
  [
    CKK_IBM_PQC_KYBER,
    pair(
      { applicable: [CKA_DECRYPT, CKA_DERIVE], defaults: [CKA_DECRYPT] },
      { applicable: [CKA_ENCRYPT, CKA_DERIVE], defaults: [CKA_ENCRYPT] },
    ),
  ],
  [
    CKK_IBM_ML_KEM,
    {
      ...pair({ applicable: [CKA_DERIVE], defaults: [] }, { applicable: [CKA_DERIVE], defaults: [] }),
      needs: "ml-kem",
    },
  ],
]);

/** Every CKK_* that the engine knows. */
export const KEY_TYPES: readonly number[] = Array.from(RULES.keys());

/** The rules of a key type; undefined if the engine does not know it. */
export function keyTypeRules(keyType: number): KeyTypeRules | undefined {
  return RULES.get(keyType);
}

/** The rules of a secret key type; throws CKR_TEMPLATE_INCONSISTENT for anything else. */
export function resolveSecretKeyRules(keyType: number): SecretKeyRules {
  const rules = RULES.get(keyType);
  if (rules?.kind !== "secret") throw CkError.templateInconsistent("CKA_KEY_TYPE is not a secret key type");
  return rules;
}

/** Throws CKR_KEY_SIZE_RANGE unless a key of these rules may have `length` bytes. */
export function requireSecretLength(rules: SecretKeyRules, length: number): void {
  const fits = rules.lengths?.includes(length) ?? (length >= rules.min && length <= rules.max);
  if (fits) return;
  const allowed = rules.lengths?.join(", ") ?? `${rules.min} to ${rules.max}`;
  throw CkError.keySizeRange(`this key type has ${allowed} bytes, not ${length}`);
}

/** Would a mechanism accept `value`, whose length fits the key type? No other keys are made. */
export function isUsableSecret(rules: SecretKeyRules, value: Uint8Array): boolean {
  return !rules.unequalHalves || !hasEqualHalves(value);
}

/** `value` with odd parity in every byte (DES keys, FIPS 46-3). */
export function withOddParity(value: Uint8Array): Uint8Array {
  return value.map((byte) => {
    let bits = byte >> 1;
    bits ^= bits >> 4;
    bits ^= bits >> 2;
    bits ^= bits >> 1;
    return (byte & 0xfe) | (~bits & 1);
  });
}
