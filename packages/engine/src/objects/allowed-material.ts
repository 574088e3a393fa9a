/** What a policy says about the substance of a key: its algorithm, its curve, its size. Off means CKR_FUNCTION_CANCELED. */
import {
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
  XCP_CPB_KEYSZ_80BIT,
  XCP_CPB_KEYSZ_112BIT,
  XCP_CPB_KEYSZ_128BIT,
  XCP_CPB_KEYSZ_192BIT,
  XCP_CPB_KEYSZ_256BIT,
  XCP_CPB_KEYSZ_BELOW80BIT,
  XCP_CPB_KEYSZ_RSA65536,
} from "@grep11/cryptoki";
import { bitLength } from "../primitives/bigint.ts";
import type { CurveFamily } from "../primitives/ec/curves.ts";
import type { KeyMaterial } from "./key.ts";
import { curveOfKey, publicFacts } from "./key-facts.ts";
import type { Policy } from "./policy.ts";
import { strengthOf } from "./strength.ts";

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
