/**
 * What each key type is: the lengths of its values and the usage attributes that mean something for it. Sources: the "key
 * objects" of PKCS #11 v3.2, 6 (AES: 6.10.2), docs/reference/ep11.md#attribute-rules.
 */
import * as ck from "@grep11/cryptoki";
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

const CRYPT_SIGN = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY];
const CRYPT = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT];

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
    applicable: usage.applicable ?? [...CRYPT_SIGN, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DERIVE],
    defaults: usage.defaults ?? CRYPT_SIGN,
    separated: usage.defaults ?? CRYPT,
  } as const satisfies SecretKeyRules;
}

const cryptOnly = { applicable: CRYPT, defaults: CRYPT };
const mac = secret(undefined, {
  applicable: [ck.CKA_SIGN, ck.CKA_VERIFY, ck.CKA_DERIVE],
  defaults: [ck.CKA_SIGN, ck.CKA_VERIFY],
});

function pair(privateKey: UsageRules, publicKey: UsageRules): KeyPairRules {
  return { kind: "pair", privateKey, publicKey };
}

const signatureOnly = pair(
  { applicable: [ck.CKA_SIGN], defaults: [ck.CKA_SIGN] },
  { applicable: [ck.CKA_VERIFY], defaults: [ck.CKA_VERIFY] },
);

const RULES: ReadonlyMap<number, KeyTypeRules> = new Map<number, KeyTypeRules>([
  [ck.CKK_AES, secret([16, 24, 32])],
  [ck.CKK_AES_XTS, secret([32, 64], { ...cryptOnly, unequalHalves: true })],
  [ck.CKK_CHACHA20, secret([32], cryptOnly)],
  [ck.CKK_DES2, secret([16], { parity: true })],
  [ck.CKK_DES3, secret([24], { parity: true })],
  [ck.CKK_GENERIC_SECRET, mac],
  [ck.CKK_HKDF, secret(undefined, { applicable: [ck.CKA_DERIVE], defaults: [] })],
  [ck.CKK_SHA_1_HMAC, mac],
  [ck.CKK_SHA224_HMAC, mac],
  [ck.CKK_SHA256_HMAC, mac],
  [ck.CKK_SHA384_HMAC, mac],
  [ck.CKK_SHA512_HMAC, mac],
  [ck.CKK_SHA512_224_HMAC, mac],
  [ck.CKK_SHA512_256_HMAC, mac],
  [ck.CKK_SHA3_224_HMAC, mac],
  [ck.CKK_SHA3_256_HMAC, mac],
  [ck.CKK_SHA3_384_HMAC, mac],
  [ck.CKK_SHA3_512_HMAC, mac],
  [
    ck.CKK_RSA,
    pair(
      {
        applicable: [ck.CKA_SIGN, ck.CKA_DECRYPT, ck.CKA_UNWRAP],
        defaults: [ck.CKA_SIGN, ck.CKA_DECRYPT],
        separated: [ck.CKA_SIGN],
      },
      { applicable: [ck.CKA_VERIFY, ck.CKA_ENCRYPT, ck.CKA_WRAP], defaults: [ck.CKA_VERIFY, ck.CKA_ENCRYPT] },
    ),
  ],
  [
    ck.CKK_EC,
    pair(
      { applicable: [ck.CKA_SIGN, ck.CKA_DERIVE, ck.CKA_UNWRAP], defaults: [ck.CKA_SIGN] },
      { applicable: [ck.CKA_VERIFY, ck.CKA_DERIVE, ck.CKA_WRAP], defaults: [ck.CKA_VERIFY] },
    ),
  ],
  [ck.CKK_DSA, signatureOnly],
  [ck.CKK_DH, pair({ applicable: [ck.CKA_DERIVE], defaults: [] }, { applicable: [ck.CKA_DERIVE], defaults: [] })],
  [ck.CKK_IBM_PQC_DILITHIUM, signatureOnly],
  [ck.CKK_IBM_ML_DSA, { ...signatureOnly, needs: "ml-dsa" }],
  [ck.CKK_SLH_DSA, { ...signatureOnly, needs: "slh-dsa" }],
  [
    ck.CKK_IBM_PQC_KYBER,
    pair(
      { applicable: [ck.CKA_DECRYPT, ck.CKA_DERIVE], defaults: [ck.CKA_DECRYPT] },
      { applicable: [ck.CKA_ENCRYPT, ck.CKA_DERIVE], defaults: [ck.CKA_ENCRYPT] },
    ),
  ],
  [
    ck.CKK_IBM_ML_KEM,
    {
      ...pair({ applicable: [ck.CKA_DERIVE], defaults: [] }, { applicable: [ck.CKA_DERIVE], defaults: [] }),
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
  if (rules?.kind !== "secret") throw ck.CkError.templateInconsistent("CKA_KEY_TYPE is not a secret key type");
  return rules;
}

/** Throws CKR_KEY_SIZE_RANGE unless a key of these rules may have `length` bytes. */
export function requireSecretLength(rules: SecretKeyRules, length: number): void {
  const fits = rules.lengths?.includes(length) ?? (length >= rules.min && length <= rules.max);
  if (fits) return;
  const allowed = rules.lengths?.join(", ") ?? `${rules.min} to ${rules.max}`;
  throw ck.CkError.keySizeRange(`this key type has ${allowed} bytes, not ${length}`);
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
