/** What a policy says about a key: its rights, its curve, its size. Off means CKR_FUNCTION_CANCELED (ep11 facts 3.7). */
import {
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_ENCRYPT,
  CKA_SIGN,
  CKA_UNWRAP,
  CKA_VERIFY,
  CKA_WRAP,
  CKK_DES2,
  CKK_DES3,
  CKK_DH,
  CKK_DSA,
  CKK_EC,
  CKK_IBM_ML_DSA,
  CKK_IBM_ML_KEM,
  CKK_IBM_PQC_DILITHIUM,
  CKK_IBM_PQC_KYBER,
  CKK_RSA,
  CKK_SLH_DSA,
  CKO_PUBLIC_KEY,
  CKO_SECRET_KEY,
  CkError,
  ckkName,
  XCP_CPB_ALG_DH,
  XCP_CPB_ALG_DILITHIUM,
  XCP_CPB_ALG_DSA,
  XCP_CPB_ALG_EC,
  XCP_CPB_ALG_EC_25519,
  XCP_CPB_ALG_EC_BPOOLCRV,
  XCP_CPB_ALG_EC_NISTCRV,
  XCP_CPB_ALG_EC_PAIRING_FRIENDLY,
  XCP_CPB_ALG_EC_SECGCRV,
  XCP_CPB_ALG_KYBER,
  XCP_CPB_ALG_ML_DSA,
  XCP_CPB_ALG_ML_KEM,
  XCP_CPB_ALG_NFIPS2021,
  XCP_CPB_ALG_NFIPS2024,
  XCP_CPB_ALG_PQC,
  XCP_CPB_ALG_RSA,
  XCP_CPB_ALLOW_NONSESSION,
  XCP_CPB_KEYSZ_80BIT,
  XCP_CPB_KEYSZ_112BIT,
  XCP_CPB_KEYSZ_128BIT,
  XCP_CPB_KEYSZ_192BIT,
  XCP_CPB_KEYSZ_256BIT,
  XCP_CPB_KEYSZ_BELOW80BIT,
  XCP_CPB_KEYSZ_RSA65536,
  XCP_CPB_SIGN_CRYPT_KEYS,
  XCP_CPB_WRAP_CRYPT_KEYS,
  XCP_CPB_WRAP_SIGN_KEYS,
} from "@grep11/cryptoki";
import type { Policy } from "../policy.ts";
import { bitLength } from "../primitives/bigint.ts";
import type { CurveFamily } from "../primitives/curves.ts";
import { bitOf, hasBoolean } from "./booleans.ts";
import type { Key, KeyMaterial } from "./key.ts";
import { curveOfKey, publicFacts } from "./key-facts.ts";
import { strengthOf } from "./strength.ts";

const CRYPT = bitOf(CKA_ENCRYPT) | bitOf(CKA_DECRYPT);
const SIGN = bitOf(CKA_SIGN) | bitOf(CKA_VERIFY);
const TRANSPORT = bitOf(CKA_WRAP) | bitOf(CKA_UNWRAP);

/** Pairs of rights one key may not have while the control point is off. */
const SEPARATIONS: readonly { controlPoint: number; groups: readonly [number, number]; words: string }[] = [
  { controlPoint: XCP_CPB_WRAP_CRYPT_KEYS, groups: [TRANSPORT, CRYPT], words: "wraps keys and crypts data" },
  { controlPoint: XCP_CPB_SIGN_CRYPT_KEYS, groups: [SIGN, CRYPT], words: "signs and crypts data" },
  { controlPoint: XCP_CPB_WRAP_SIGN_KEYS, groups: [TRANSPORT, SIGN], words: "wraps keys and signs" },
];

const CURVE_CONTROL_POINTS: Readonly<Record<CurveFamily, number>> = {
  nist: XCP_CPB_ALG_EC_NISTCRV,
  secg: XCP_CPB_ALG_EC_SECGCRV,
  brainpool: XCP_CPB_ALG_EC_BPOOLCRV,
  edwards: XCP_CPB_ALG_EC_25519,
  montgomery: XCP_CPB_ALG_EC_25519,
  pairing: XCP_CPB_ALG_EC_PAIRING_FRIENDLY,
};

/** DES of any length. */
const DES_CONTROL_POINTS: readonly number[] = [XCP_CPB_ALG_NFIPS2021, XCP_CPB_ALG_NFIPS2024];

/** CKK_* to the control points that its keys need, all of them, whatever they are used with. Other types need none. */
const KEY_TYPE_CONTROL_POINTS: ReadonlyMap<number, readonly number[]> = new Map([
  [CKK_DES2, DES_CONTROL_POINTS],
  [CKK_DES3, DES_CONTROL_POINTS],
  [CKK_RSA, [XCP_CPB_ALG_RSA]],
  [CKK_DSA, [XCP_CPB_ALG_DSA]],
  [CKK_DH, [XCP_CPB_ALG_DH]],
  [CKK_EC, [XCP_CPB_ALG_EC]],
  [CKK_IBM_PQC_DILITHIUM, [XCP_CPB_ALG_PQC, XCP_CPB_ALG_DILITHIUM]],
  [CKK_IBM_PQC_KYBER, [XCP_CPB_ALG_PQC, XCP_CPB_ALG_KYBER]],
  [CKK_IBM_ML_DSA, [XCP_CPB_ALG_PQC, XCP_CPB_ALG_ML_DSA]],
  [CKK_IBM_ML_KEM, [XCP_CPB_ALG_PQC, XCP_CPB_ALG_ML_KEM]],
  [CKK_SLH_DSA, [XCP_CPB_ALG_PQC]],
]);

/** Classes of strength: from this many bits on, governed by that control point. */
const STRENGTH_CONTROL_POINTS: readonly (readonly [number, number])[] = [
  [256, XCP_CPB_KEYSZ_256BIT],
  [192, XCP_CPB_KEYSZ_192BIT],
  [128, XCP_CPB_KEYSZ_128BIT],
  [112, XCP_CPB_KEYSZ_112BIT],
  [80, XCP_CPB_KEYSZ_80BIT],
  [0, XCP_CPB_KEYSZ_BELOW80BIT],
];

/**
 * Throws CKR_FUNCTION_CANCELED if the policy forbids a key with these rights. Public keys are exempt: verifying and
 * encrypting with them cannot be withheld, so they always mix.
 */
export function requireSeparatedRights(policy: Policy, key: Key): void {
  if (key.objectClass === CKO_PUBLIC_KEY) return;
  for (const { controlPoint, groups, words } of SEPARATIONS) {
    const mixes = groups.every((group) => (key.booleans & group) !== 0);
    if (mixes && !policy.allows(controlPoint)) throw CkError.functionCanceled(`the policy allows no key that ${words}`);
  }
  if (policy.mixesDerivation || !hasBoolean(key.booleans, CKA_DERIVE)) return;
  const others = key.objectClass === CKO_SECRET_KEY ? CRYPT | SIGN | TRANSPORT : TRANSPORT;
  if ((key.booleans & others) !== 0) {
    throw CkError.functionCanceled("the policy allows no key that derives keys and does what a derivation could undo");
  }
}

/** Throws CKR_FUNCTION_CANCELED if the policy forbids keys of this algorithm, curve, strength or exponent. */
export function requireAllowedMaterial(policy: Policy, key: KeyMaterial): void {
  if (!(KEY_TYPE_CONTROL_POINTS.get(key.keyType) ?? []).every((controlPoint) => policy.allows(controlPoint))) {
    throw CkError.functionCanceled(`the policy does not allow keys of type ${ckkName(key.keyType)}`);
  }
  const curve = curveOfKey(key);
  if (curve !== undefined && !policy.allows(CURVE_CONTROL_POINTS[curve.family])) {
    throw CkError.functionCanceled(`the policy does not allow ${curve.name}`);
  }
  const strength = strengthOf(key);
  const controlPoint = STRENGTH_CONTROL_POINTS.find(([bits]) => strength >= bits)![1];
  if (!policy.allows(controlPoint)) {
    throw CkError.functionCanceled(`the policy does not allow keys of ${strength} bits of strength`);
  }
  requireAllowedExponent(policy, key);
}

function requireAllowedExponent(policy: Policy, key: KeyMaterial): void {
  if (policy.allows(XCP_CPB_KEYSZ_RSA65536) || key.keyType !== CKK_RSA) return;
  const facts = publicFacts(key);
  if (facts.type === "rsa" && bitLength(facts.publicExponent) < 17) {
    throw CkError.functionCanceled("the policy does not allow RSA exponents below 65537");
  }
}

/** All of the policy's rules for a key that is about to be used. Throws CKR_FUNCTION_CANCELED. */
export function requireAllowedUse(policy: Policy, key: Key): void {
  if (!policy.allows(XCP_CPB_ALLOW_NONSESSION) && isUnbound(key)) {
    throw CkError.functionCanceled("the policy allows only keys of a login session");
  }
  requireSeparatedRights(policy, key);
  if (policy.governsKeys) requireAllowedMaterial(policy, key);
}

/** Is it a key in a blob, bound to no login session? A public key belongs to everybody. */
function isUnbound({ objectClass, session }: Key): boolean {
  return objectClass !== CKO_PUBLIC_KEY && session.every((byte) => byte === 0);
}
