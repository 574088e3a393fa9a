/** Key agreement on curves (PKCS #11 v3.2, 6.3.17; docs/reference/ep11.md#key-agreement). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { type Curve, X448, X25519 } from "../../primitives/ec/curves.ts";
import { secretShape } from "../derivation/derived-secret.ts";
import type { Family } from "../family.ts";
import { ec, NAMED_CURVES, PRIME_FIELD, SAFE_CURVES } from "../key-properties.ts";
import { costOnCurve, requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";
import { agreedKey } from "./ecdh-agreement.ts";

type EcdhParameter = ReadBy<typeof ck.CKM_ECDH1_DERIVE>;

/**
 * Derives a key with the peer's public key. Errors: CKR_MECHANISM_INVALID if the base key is on a curve that does not
 * satisfy `fits`, CKR_KEY_TYPE_INCONSISTENT if it is a public key, and those of agreedKey.
 */
function agreement(fits: (curve: Curve) => boolean, wanted: string): Family<EcdhParameter> {
  return {
    cost: (_method, key) => (key === undefined ? "inline" : costOnCurve(requireCurve(key, fits, wanted))),
    requireKey(key) {
      if (key.objectClass !== ck.CKO_PRIVATE_KEY) throw ck.CkError.keyTypeInconsistent("the base key is a private key");
      requireCurve(key, fits, wanted);
    },
    derive: (baseKey, parameter, { template }) => ({
      key: agreedKey(baseKey!, requireCurve(baseKey!, fits, wanted), parameter, secretShape(template)),
    }),
  };
}

export const ecdh1: Family<EcdhParameter> = agreement(ck.isWeierstrass, "short Weierstrass curves");
export const x25519: Family<EcdhParameter> = agreement((curve) => curve === X25519, "X25519");
export const x448: Family<EcdhParameter> = agreement((curve) => curve === X448, "X448");

const weierstrass = { ...ec, controlPoints: [...ec.controlPoints, ck.XCP_CPB_ALG_DH] };
const montgomery = { keyTypes: [ck.CKK_EC], flags: ck.CKF_DERIVE | PRIME_FIELD, controlPoints: SAFE_CURVES };

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_ECDH1_DERIVE, { ...weierstrass, flags: ck.CKF_DERIVE | PRIME_FIELD, family: ecdh1 }),
  row(ck.CKM_ECDH1_COFACTOR_DERIVE, { ...weierstrass, flags: ck.CKF_DERIVE | NAMED_CURVES, family: ecdh1 }),
  row(ck.CKM_IBM_EC_X25519, { ...montgomery, bits: [256, 256], family: x25519 }),
  row(ck.CKM_IBM_EC_X448, { ...montgomery, bits: [448, 448], family: x448 }),
];
