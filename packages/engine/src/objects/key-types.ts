/** The rules for keys of each type: lengths, rights and defaults (docs/reference/ep11.md#attribute-rules). */
import * as ck from "@grep11/cryptoki";
import type { PrivateKey, PublicKey } from "../primitives/keys/key-encodings.ts";
import type { PqcSet } from "../primitives/lattice/pqc-sets.ts";
import type { RuntimeFeature } from "../primitives/openssl/runtime-features.ts";
import { hasEqualHalves } from "../primitives/symmetric/xts.ts";

export interface UsageRules {
  readonly applicable: readonly number[];
  readonly defaults: readonly number[];
  /** The default rights if the policy separates signing from encryption. */
  readonly separated: readonly number[];
}

interface SecretKeyRules extends UsageRules {
  readonly kind: "secret";
  readonly needs?: undefined;
  /** The only permitted lengths of a value in bytes; undefined if every length from `min` to `max` is permitted. */
  readonly lengths: readonly number[] | undefined;
  readonly min: number;
  readonly max: number;
  /** Whether every byte has odd parity, as in DES keys. */
  readonly parity: boolean;
  /** Whether the two halves of a value must differ, as in XTS (FIPS 140-3 IG C.I). */
  readonly unequalHalves: boolean;
}

interface KeyPairRules {
  readonly kind: "pair";
  /** The feature that the runtime must have for such keys; undefined if every runtime supports them. */
  readonly needs: RuntimeFeature | undefined;
  readonly privateKey: UsageRules;
  readonly publicKey: UsageRules;
}

type KeyTypeRules = SecretKeyRules | KeyPairRules;

const NEEDS: ReadonlyMap<number, RuntimeFeature> = new Map<number, RuntimeFeature>([
  [ck.CKK_IBM_ML_DSA, "ml-dsa"],
  [ck.CKK_IBM_ML_KEM, "ml-kem"],
  [ck.CKK_SLH_DSA, "slh-dsa"],
]);

/** Rights that a key has only if its template asks for them. */
const NEVER_DEFAULT: readonly number[] = [ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DERIVE];

/** If the policy separates signing from decryption, a key that could do both does not have the `withheld` rights by default. */
function usageRules(applicable: readonly number[], withheld: readonly number[]): UsageRules {
  const defaults = applicable.filter((right) => !NEVER_DEFAULT.includes(right));
  const doesBoth = defaults.includes(ck.CKA_SIGN) && defaults.includes(ck.CKA_DECRYPT);
  const separated = doesBoth ? defaults.filter((right) => !withheld.includes(right)) : defaults;
  return { applicable, defaults, separated };
}

function rulesOf(keyType: number, type: ck.SecretKeyType | ck.KeyPairType): KeyTypeRules {
  if (type.kind === "pair") {
    return {
      kind: "pair",
      needs: NEEDS.get(keyType),
      privateKey: usageRules(type.rights, [ck.CKA_DECRYPT]),
      publicKey: usageRules(type.publicRights, []),
    };
  }
  return {
    kind: "secret",
    lengths: type.lengths,
    min: type.lengths?.[0] ?? 1,
    max: type.lengths?.at(-1) ?? ck.MAX_SECRET_BYTES,
    parity: keyType === ck.CKK_DES2 || keyType === ck.CKK_DES3,
    unequalHalves: keyType === ck.CKK_AES_XTS,
    ...usageRules(type.rights, [ck.CKA_SIGN, ck.CKA_VERIFY]),
  };
}

const RULES: ReadonlyMap<number, KeyTypeRules> = new Map(
  Array.from(ck.KEY_TYPES, ([keyType, type]) => [keyType, rulesOf(keyType, type)]),
);

export function keyTypeRules(keyType: number): KeyTypeRules | undefined {
  return RULES.get(keyType);
}

/** Returns the rules of a secret key type. Throws CKR_TEMPLATE_INCONSISTENT for other types. */
export function resolveSecretKeyRules(keyType: number): SecretKeyRules {
  const rules = RULES.get(keyType);
  if (rules?.kind !== "secret") throw ck.CkError.templateInconsistent("CKA_KEY_TYPE is not a secret key type");
  return rules;
}

export function requireSecretLength(rules: SecretKeyRules, length: number): void {
  const fits = rules.lengths?.includes(length) ?? (length >= rules.min && length <= rules.max);
  if (fits) return;
  const allowed = rules.lengths?.join(", ") ?? `${rules.min} to ${rules.max}`;
  throw ck.CkError.keySizeRange(`this key type has ${allowed} bytes, not ${length}`);
}

/** Whether mechanisms accept `value`, which has a valid length. Keys with other values must not be made. */
export function isUsableSecret(rules: SecretKeyRules, value: Uint8Array): boolean {
  return !rules.unequalHalves || !hasEqualHalves(value);
}

/** Returns `value` with odd parity in every byte (DES keys, FIPS 46-3). */
export function withOddParity(value: Uint8Array): Uint8Array {
  return value.map((byte) => {
    let bits = byte >> 1;
    bits ^= bits >> 4;
    bits ^= bits >> 2;
    bits ^= bits >> 1;
    return (byte & 0xfe) | (~bits & 1);
  });
}

const KEY_TYPES = {
  rsa: ck.CKK_RSA,
  ec: ck.CKK_EC,
  dsa: ck.CKK_DSA,
  dh: ck.CKK_DH,
  dilithium: ck.CKK_IBM_PQC_DILITHIUM,
  kyber: ck.CKK_IBM_PQC_KYBER,
  "ml-dsa": ck.CKK_IBM_ML_DSA,
  "ml-kem": ck.CKK_IBM_ML_KEM,
  "slh-dsa": ck.CKK_SLH_DSA,
} as const satisfies Record<Exclude<(PublicKey | PrivateKey)["type"], "pqc"> | PqcSet["algorithm"], number>;

/**
 * Every curve is CKK_EC (docs/reference/ep11.md#public-keys); ML-DSA and ML-KEM keys have IBM's key types, not those of
 * the standard.
 */
export function keyTypeOf(key: PublicKey | PrivateKey): number {
  return KEY_TYPES[key.type === "pqc" ? key.set.algorithm : key.type];
}
