import * as ck from "@grep11/cryptoki";
import { KEY_CONTROL_POINTS } from "./allowed-material.ts";

/**
 * Rules about rights and key transport that apply in addition to the control points. docs/policy-model.md shows why
 * each rule exists.
 */
export const SAFEGUARDS = {
  "rights are remembered":
    "exclusive rights exclude each other from the first time one of them is set, even if it is removed later",
  "purpose is settled":
    "a key gets another right later only if it already had one of the same purpose, or one that excludes the opposite purpose: a copy of its blob may have been given that",
  "halves are one key": "the two halves of a pair count as one key: rights of one half exclude rights of the other",
  "KEKs are made here":
    "WrapKey accepts only KEKs that were generated here, not from a password, or that are CKA_TRUSTED",
  "KEKs stay":
    "a key that ever had CKA_WRAP or CKA_UNWRAP leaves only as an attribute-bound key, with its rights and its history",
  "trusted transport is kept":
    "a key that was unwrapped with a trusted KEK leaves only under a trusted one: it may have had CKA_WRAP_WITH_TRUSTED",
} as const;

export type Safeguard = keyof typeof SAFEGUARDS;

export const ALL_SAFEGUARDS: ReadonlySet<Safeguard> = new Set(Object.keys(SAFEGUARDS) as Safeguard[]);

/** What the engine permits: a named set of control points (XCP_CPB_*), and defaults of templates. */
export interface Policy {
  readonly name: string;
  allows(controlPoint: number): boolean;
  /** CKA_EXTRACTABLE of keys whose template does not contain it. */
  readonly extractableByDefault: boolean;
  /** Whether unknown attributes and unenforced restrictions cause CKR_ATTRIBUTE_TYPE_INVALID; otherwise they are ignored. */
  readonly refusesUnknownAttributes: boolean;
  /** Whether to return a check value for generic secrets. */
  readonly checksGenericSecrets: boolean;
  /**
   * Whether secret keys that derive may have other rights, and whether private keys that derive may unwrap. The first
   * is a risk because the output of another right can equal a derived key. The second is a risk because a derivation
   * can reveal the key that protects a wrapped key.
   */
  readonly mixesDerivation: boolean;
  /** The CKM_* that WrapKey and UnwrapKey accept; undefined if they accept all that can wrap. */
  readonly transports: ReadonlySet<number> | undefined;
  /** The safeguards that apply: all of them, except in tests. */
  readonly safeguards: ReadonlySet<Safeguard>;
  /** Whether at least one control point about keys is off. If so, every key must be checked before every use. */
  readonly governsKeys: boolean;
}

/** Creates a policy with every control point on except `off`. */
export function createPolicy(
  name: string,
  off: Iterable<number>,
  defaults: Partial<Omit<Policy, "name" | "allows" | "governsKeys">> = {},
): Policy {
  const on = new Set(ck.xcpCpbNumbers());
  for (const controlPoint of off) on.delete(controlPoint);
  return {
    name,
    allows: (controlPoint) => on.has(controlPoint),
    extractableByDefault: defaults.extractableByDefault ?? true,
    refusesUnknownAttributes: defaults.refusesUnknownAttributes ?? false,
    checksGenericSecrets: defaults.checksGenericSecrets ?? true,
    mixesDerivation: defaults.mixesDerivation ?? true,
    transports: defaults.transports,
    safeguards: defaults.safeguards ?? ALL_SAFEGUARDS,
    governsKeys: KEY_CONTROL_POINTS.some((controlPoint) => !on.has(controlPoint)),
  };
}

/** Returns a renamed copy of `base` with control points turned on and off. A control point in both lists is off. */
export function adjustPolicy(
  base: Policy,
  name: string,
  { on = [], off = [] }: { readonly on?: Iterable<number>; readonly off?: Iterable<number> },
): Policy {
  const added = new Set(on);
  const stillOff = ck.xcpCpbNumbers().filter((controlPoint) => !base.allows(controlPoint) && !added.has(controlPoint));
  return createPolicy(name, [...stillOff, ...off], base);
}

/**
 * Control points that are off in every policy: administration by callers, rights that only an administrator grants, skipping
 * of key tests, and retained keys.
 */
const NEVER = [
  ck.XCP_CPB_ADD_CPBS,
  ck.XCP_CPB_DELETE_CPBS,
  ck.XCP_CPB_RETAINKEYS,
  ck.XCP_CPB_SKIP_KEYTESTS,
  ck.XCP_CPB_ALG_SKIP_CROSSCHK,
  ck.XCP_CPB_ALG_RAW_RSA,
  ck.XCP_CPB_USER_SET_ATTRBOUND,
  ck.XCP_CPB_USER_SET_TRUSTED,
  ck.XCP_CPB_WRAP_WITH_RAW_SPKI,
];

/**
 * Transport mechanisms that detect a modified or truncated key (docs/reference/security.md#key-transport), or that
 * import public keys.
 */
const AUTHENTICATED_TRANSPORTS: ReadonlySet<number> = new Set([
  ck.CKM_RSA_PKCS_OAEP,
  ck.CKM_RSA_AES_KEY_WRAP,
  ck.CKM_ECDH_AES_KEY_WRAP,
  ck.CKM_ECDH_COF_AES_KEY_WRAP,
  ck.CKM_ECDH_X_AES_KEY_WRAP,
  ck.CKM_AES_KEY_WRAP_KWP,
  ck.CKM_IBM_ATTRIBUTEBOUND_WRAP,
  ck.CKM_IBM_TRANSPORTKEY,
]);

/** Allows what the examples for IBM's cloud service need: keys may combine rights, and old algorithms work. */
export const HPCS_POLICY: Policy = createPolicy("hpcs", NEVER);

/**
 * Separates rights, forbids weak keys, and makes keys unextractable by default. docs/policy-model.md tells how it was checked
 * that no caller learns the value of a key made under this policy.
 */
export const STRICT_POLICY: Policy = createPolicy(
  "strict",
  [
    ...NEVER,
    ck.XCP_CPB_WRAP_CRYPT_KEYS,
    ck.XCP_CPB_SIGN_CRYPT_KEYS,
    ck.XCP_CPB_WRAP_SIGN_KEYS,
    ck.XCP_CPB_WRAP_STRONGER_KEY,
    ck.XCP_CPB_KEYSZ_BELOW80BIT,
    ck.XCP_CPB_KEYSZ_80BIT,
    ck.XCP_CPB_KEYSZ_HMAC_ANY,
    ck.XCP_CPB_KEYSZ_RSA65536,
    ck.XCP_CPB_ALG_NFIPS2009,
    ck.XCP_CPB_ALG_NFIPS2011,
    ck.XCP_CPB_ALG_NFIPS2021,
    ck.XCP_CPB_ALG_NFIPS2024,
    ck.XCP_CPB_ALG_NBSI2009,
    ck.XCP_CPB_ALG_NBSI2011,
    ck.XCP_CPB_ALG_NBSI2017,
    ck.XCP_CPB_DERIVE_NON_AB_KEYS,
  ],
  {
    extractableByDefault: false,
    refusesUnknownAttributes: true,
    checksGenericSecrets: false,
    mixesDerivation: false,
    transports: AUTHENTICATED_TRANSPORTS,
  },
);
