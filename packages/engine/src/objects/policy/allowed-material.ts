import * as ck from "@grep11/cryptoki";
import { bitLength } from "@grep11/encoding";
import type { KeyMaterial } from "../key.ts";
import { curveOfKey, parsedPublicHalf } from "../key-properties.ts";
import { strengthOf } from "../strength.ts";
import type { Policy } from "./policy.ts";

const CURVE_CONTROL_POINTS: Readonly<Record<ck.CurveFamily, number>> = {
  nist: ck.XCP_CPB_ALG_EC_NISTCRV,
  secg: ck.XCP_CPB_ALG_EC_SECGCRV,
  brainpool: ck.XCP_CPB_ALG_EC_BPOOLCRV,
  edwards: ck.XCP_CPB_ALG_EC_25519,
  montgomery: ck.XCP_CPB_ALG_EC_25519,
  pairing: ck.XCP_CPB_ALG_EC_PAIRING_FRIENDLY,
};

/** Control points for DES keys of any length. */
const DES_CONTROL_POINTS: readonly number[] = [ck.XCP_CPB_ALG_NFIPS2021, ck.XCP_CPB_ALG_NFIPS2024];

/** Maps a key type to the control points that must all be on for keys of that type, whatever the keys are used for. */
const KEY_TYPE_CONTROL_POINTS: ReadonlyMap<number, readonly number[]> = new Map([
  [ck.CKK_DES2, DES_CONTROL_POINTS],
  [ck.CKK_DES3, DES_CONTROL_POINTS],
  [ck.CKK_RSA, [ck.XCP_CPB_ALG_RSA]],
  [ck.CKK_DSA, [ck.XCP_CPB_ALG_DSA]],
  [ck.CKK_DH, [ck.XCP_CPB_ALG_DH]],
  [ck.CKK_EC, [ck.XCP_CPB_ALG_EC]],
  [ck.CKK_IBM_PQC_DILITHIUM, [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_DILITHIUM]],
  [ck.CKK_IBM_PQC_KYBER, [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_KYBER]],
  [ck.CKK_IBM_ML_DSA, [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_ML_DSA]],
  [ck.CKK_IBM_ML_KEM, [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_ML_KEM]],
  [ck.CKK_SLH_DSA, [ck.XCP_CPB_ALG_PQC]],
]);

/**
 * Pairs of a minimum strength in bits and a control point. The first pair whose minimum a key reaches applies to the
 * key.
 */
const STRENGTH_CONTROL_POINTS: readonly (readonly [number, number])[] = [
  [256, ck.XCP_CPB_KEYSZ_256BIT],
  [192, ck.XCP_CPB_KEYSZ_192BIT],
  [128, ck.XCP_CPB_KEYSZ_128BIT],
  [112, ck.XCP_CPB_KEYSZ_112BIT],
  [80, ck.XCP_CPB_KEYSZ_80BIT],
  [0, ck.XCP_CPB_KEYSZ_BELOW80BIT],
];

/** All control points about keys. While all of them are on, no key needs to be checked. */
export const KEY_CONTROL_POINTS: readonly number[] = [
  ...Object.values(CURVE_CONTROL_POINTS),
  ...Array.from(KEY_TYPE_CONTROL_POINTS.values()).flat(),
  ...STRENGTH_CONTROL_POINTS.map(([, controlPoint]) => controlPoint),
  ck.XCP_CPB_KEYSZ_RSA65536,
];

/** Throws CKR_FUNCTION_CANCELED if the policy forbids keys of this algorithm, curve, strength or exponent. */
export function requireAllowedMaterial(policy: Policy, key: KeyMaterial): void {
  if (!(KEY_TYPE_CONTROL_POINTS.get(key.keyType) ?? []).every((controlPoint) => policy.allows(controlPoint))) {
    throw ck.CkError.functionCanceled(`the policy does not allow keys of type ${ck.ckkName(key.keyType)}`);
  }
  const curve = curveOfKey(key);
  if (curve !== undefined && !policy.allows(CURVE_CONTROL_POINTS[curve.family])) {
    throw ck.CkError.functionCanceled(`the policy does not allow ${curve.name}`);
  }
  const strength = strengthOf(key);
  const controlPoint = STRENGTH_CONTROL_POINTS.find(([bits]) => strength >= bits)![1];
  if (!policy.allows(controlPoint)) {
    throw ck.CkError.functionCanceled(`the policy does not allow keys of ${strength} bits of strength`);
  }
  requireAllowedExponent(policy, key);
}

function requireAllowedExponent(policy: Policy, key: KeyMaterial): void {
  if (policy.allows(ck.XCP_CPB_KEYSZ_RSA65536) || key.keyType !== ck.CKK_RSA) return;
  const parsed = parsedPublicHalf(key);
  if (parsed.type === "rsa" && bitLength(parsed.publicExponent) < 17) {
    throw ck.CkError.functionCanceled("the policy does not allow RSA exponents below 65537");
  }
}
