/** EdDSA (RFC 8032). */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { type Curve, ED448, ED25519 } from "../../primitives/ec/curves.ts";
import { type EddsaForm, eddsaBytes, PURE, signEddsa, verifyEddsa } from "../../primitives/ec/eddsa.ts";
import type { Family } from "../family.ts";
import { NAMED_CURVES, PRIME_FIELD, SAFE_CURVES, SIGNATURE } from "../key-properties.ts";
import { requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";

/** Throws CKR_SIGNATURE_LEN_RANGE, and CKR_MECHANISM_INVALID unless `fits` accepts the key's curve. */
function eddsaOn(fits: (curve: Curve) => boolean, wanted: string) {
  const curveFor = (key: Key) => requireCurve(key, fits, wanted);
  return {
    requireKey: (key, form) => {
      const curve = curveFor(key);
      if (curve === ED25519 && form?.prehash === false && form.context.length === 0) {
        throw ck.CkError.mechanismParamInvalid("Ed25519 without context and pre-hash takes no parameter");
      }
    },
    sign: (key, form, data) => signEddsa(curveFor(key), key.value, form ?? PURE, data),
    verify(key, form, data, signature) {
      const curve = curveFor(key);
      const length = eddsaBytes(curve);
      if (signature.length !== length) throw ck.CkError.signatureLenRange(length);
      return verifyEddsa(curve, key.value, form ?? PURE, data, signature);
    },
  } as const satisfies Family<EddsaForm | undefined>;
}

export const ed25519: Family<undefined> = eddsaOn((curve) => curve === ED25519, "Ed25519");
export const ed448: Family<undefined> = eddsaOn((curve) => curve === ED448, "Ed448");
/**
 * CKM_EDDSA (PKCS #11 v3.2, 6.3.14) has an optional parameter for a context and prehashing. For Ed25519, a parameter that has
 * neither is CKR_MECHANISM_PARAM_INVALID.
 */
export const eddsa: Family<EddsaForm | undefined> = eddsaOn(
  (curve) => curve === ED25519 || curve === ED448,
  "Ed25519 or Ed448",
);

const safeCurves = { keyTypes: [ck.CKK_EC], controlPoints: SAFE_CURVES };

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_ED25519_SHA512, { ...safeCurves, bits: [256, 256], flags: SIGNATURE | PRIME_FIELD, family: ed25519 }),
  row(ck.CKM_IBM_ED448_SHA3, { ...safeCurves, bits: [448, 448], flags: SIGNATURE | PRIME_FIELD, family: ed448 }),
  row(ck.CKM_EDDSA, { ...safeCurves, bits: [255, 448], flags: SIGNATURE | NAMED_CURVES, family: eddsa }),
];
