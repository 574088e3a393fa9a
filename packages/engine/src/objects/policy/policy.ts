/**
 * A policy is a named set of control points (EP11: XCP_CPB_*). Everything in the engine that is allowed or forbidden depends
 * on it: code calls `policy.allows(XCP_CPB_X)`. Template defaults that differ between policies are here too.
 */
import * as ck from "@grep11/cryptoki";
import { KEY_CONTROL_POINTS } from "./allowed-material.ts";
import { ALL_SAFEGUARDS, type Safeguard } from "./safeguards.ts";

/** What the engine permits. */
export interface Policy {
  readonly name: string;
  /** Returns whether the control point is on. */
  allows(controlPoint: number): boolean;
  /** CKA_EXTRACTABLE of keys whose template does not contain it. */
  readonly extractableByDefault: boolean;
  /**
   * Whether to refuse unknown attributes, and restrictions that are not enforced, with CKR_ATTRIBUTE_TYPE_INVALID instead of
   * ignoring them.
   */
  readonly refusesUnknownAttributes: boolean;
  /** Whether to return a check value for generic secrets. */
  readonly checksGenericSecrets: boolean;
  /**
   * Whether a secret key that derives keys may also sign, encrypt, decrypt or wrap, although its outputs can equal derived
   * keys; and whether a private key that derives may unwrap, although a derivation can reveal the key that protects the
   * wrapped one.
   */
  readonly mixesDerivation: boolean;
  /** The CKM_* that WrapKey and UnwrapKey accept; undefined if they accept all that can wrap. */
  readonly transports: ReadonlySet<number> | undefined;
  /** The rules about rights and key transport that apply: all of them, except in tests that show what one of them is for. */
  readonly safeguards: ReadonlySet<Safeguard>;
  /**
   * Whether a control point for an algorithm, curve, strength or exponent is off, so that every key must be checked before
   * every use.
   */
  readonly governsKeys: boolean;
}

const ALL_CONTROL_POINTS: readonly number[] = Object.entries(ck)
  .filter(([name]) => name.startsWith("XCP_CPB_"))
  .map(([, number]) => number as number);

/** Creates a policy with every control point on except `off`. */
export function createPolicy(
  name: string,
  off: Iterable<number>,
  defaults: Partial<Omit<Policy, "name" | "allows" | "governsKeys">> = {},
): Policy {
  const on = new Set(ALL_CONTROL_POINTS);
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

/**
 * Returns a copy of `base` with the name `name`, with further control points turned on and off. A control point in both lists
 * is off.
 */
export function adjustPolicy(
  base: Policy,
  name: string,
  { on = [], off = [] }: { readonly on?: Iterable<number>; readonly off?: Iterable<number> },
): Policy {
  const added = new Set(on);
  const stillOff = ALL_CONTROL_POINTS.filter((controlPoint) => !base.allows(controlPoint) && !added.has(controlPoint));
  return createPolicy(name, [...stillOff, ...off], base);
}

/**
 * Control points that are off in every policy: administration by callers, rights that only an administrator grants, skipping of
 * key tests, and retained keys, which a software HSM cannot have.
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
 * Transports that detect a modified or truncated key (docs/reference/security.md#key-transport), and the import of public keys.
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

/** The policy for what IBM's own examples for its cloud service need: keys may combine rights, and old algorithms work. */
export const HPCS_POLICY: Policy = createPolicy("hpcs", NEVER);

/**
 * Separates rights, forbids weak keys, and makes keys unextractable by default. No caller learns the value of a key that was
 * made under this policy: docs/policy-model.md describes how that was checked.
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
