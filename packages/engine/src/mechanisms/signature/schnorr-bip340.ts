/** CKM_GREP11_SCHNORR_BIP340: Bitcoin's Schnorr signatures of messages (BIP-340). */
import * as ck from "@grep11/cryptoki";
import { BIP340_SIGNATURE_BYTES, bip340Sign, bip340Verify } from "../../primitives/ec/bip340.ts";
import { SECP256K1 } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import { pointOfKey, privateValueOf } from "../derivation/derived-pair-half.ts";
import type { Family } from "../family.ts";
import { ec, NAMED_CURVES, SIGNATURE } from "../key-properties.ts";
import { requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";
import { verifyAfterSign } from "./signing.ts";

/** Throws CKR_MECHANISM_INVALID for a key that is not on secp256k1, CKR_SIGNATURE_LEN_RANGE. */
export const schnorrBip340: Family<undefined> = {
  cost: () => "worker",
  requireKey(key) {
    requireCurve(key, (curve) => curve === SECP256K1, SECP256K1.name);
  },
  sign(key, _parameter, data, random) {
    const { privateValue } = privateValueOf(key);
    const point = publicPoint(SECP256K1, privateValue);
    return verifyAfterSign(bip340Sign(privateValue, data, random(32)), (made) => bip340Verify(point, data, made));
  },
  verify(key, _parameter, data, signature) {
    if (signature.length !== BIP340_SIGNATURE_BYTES) throw ck.CkError.signatureLenRange(BIP340_SIGNATURE_BYTES);
    return bip340Verify(pointOfKey(key).point, data, signature);
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_GREP11_SCHNORR_BIP340, {
    keyTypes: [ck.CKK_EC],
    bits: [256, 256],
    flags: SIGNATURE | NAMED_CURVES,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_ECDSA_OTHER, ck.XCP_CPB_ALG_EC_SECGCRV],
    family: schnorrBip340,
  }),
];
