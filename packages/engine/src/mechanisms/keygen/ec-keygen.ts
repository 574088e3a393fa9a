/** Generation of keys on curves (PKCS #11 v3.2, 6.3.9 to 6.3.11). The key type is CKK_EC for every curve, as in EP11. */
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "@grep11/encoding";
import { resolveCurve } from "../../objects/named-curve.ts";
import { bytesIn, requirePresent } from "../../objects/template-values.ts";
import { BLS12_381, type Curve } from "../../primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../primitives/ec/ec-point.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import type { Family } from "../family.ts";
import { ec, NAMED_CURVES, SAFE_CURVES } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { costOnCurve } from "./ec-curve.ts";

/**
 * CKA_EC_PARAMS in the public template names the curve; the private template may repeat it. Errors:
 * CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT, CKR_CURVE_NOT_SUPPORTED, CKR_ATTRIBUTE_VALUE_INVALID.
 */
function keyPairGen(fits: (curve: Curve) => boolean): Family<undefined> {
  return {
    cost(_method, _key, [, publicTemplate, privateTemplate]) {
      const curve = requireCurveIn(publicTemplate as ck.Template, privateTemplate as ck.Template);
      // BLS12-381 needs a worker: OpenSSL does not support this curve, so JavaScript computes the public key.
      return curve === BLS12_381 ? "worker" : costOnCurve(curve);
    },
    generateKeyPair(_parameter, publicTemplate, privateTemplate, random) {
      const curve = requireCurveIn(publicTemplate, privateTemplate);
      if (!fits(curve)) {
        throw new ck.CkError(
          ck.CKR_CURVE_NOT_SUPPORTED,
          "CKA_EC_PARAMS names no curve that the mechanism makes keys on",
        );
      }
      const key = generateEcKeyPair(curve, random);
      const [publicValue, privateValue] = [encodePublicKey(key), encodePrivateKey(key)];
      key.privateValue.fill(0);
      return {
        publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_EC, value: publicValue },
        privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value: privateValue },
      };
    },
  };
}

export const ecKeyPairGen: Family<undefined> = keyPairGen(() => true);
export const edwardsKeyPairGen: Family<undefined> = keyPairGen(({ family }) => family === "edwards");
export const montgomeryKeyPairGen: Family<undefined> = keyPairGen(({ family }) => family === "montgomery");

function requireCurveIn(publicTemplate: ck.Template, privateTemplate: ck.Template): Curve {
  const [asked, repeated] = [publicTemplate, privateTemplate].map((template) => bytesIn(template, ck.CKA_EC_PARAMS));
  const parameters = requirePresent(asked ?? repeated, ck.CKA_EC_PARAMS);
  if (repeated !== undefined && !equalBytes(repeated, parameters)) {
    throw ck.CkError.templateInconsistent("the templates name two curves");
  }
  return resolveCurve(parameters);
}

const safeCurvePair = {
  keyTypes: [ck.CKK_EC],
  bits: [255, 448] as const,
  flags: ck.CKF_GENERATE_KEY_PAIR | NAMED_CURVES,
  controlPoints: SAFE_CURVES,
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_EC_KEY_PAIR_GEN, { ...ec, flags: ck.CKF_GENERATE_KEY_PAIR | NAMED_CURVES, family: ecKeyPairGen }),
  row(ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, { ...safeCurvePair, family: edwardsKeyPairGen }),
  row(ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, { ...safeCurvePair, family: montgomeryKeyPairGen }),
];
