/** CKM_IBM_ECDSA_OTHER: Schnorr and BLS signatures (docs/reference/ep11.md#schnorr, docs/reference/ep11.md#bls). */
import * as ck from "@grep11/cryptoki";
import { readSequenceLength } from "@grep11/encoding";
import type { ReadBy } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import * as bls from "../../primitives/ec/bls.ts";
import { BLS12_381, type Curve } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import { EC_SDSA, type SchnorrVariant, schnorrSign, schnorrVerify, ZILLIQA } from "../../primitives/ec/schnorr.ts";
import { pointOfKey, privateValueOf } from "../derivation/derived-pair-half.ts";
import type { Family } from "../family.ts";
import { ec, NAMED_CURVES, SIGNATURE } from "../key-properties.ts";
import { requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";
import { verifyAfterSign } from "./signing.ts";

const SCHNORR_BITS = 256;
const SCHNORR_BYTES = 64;

type Scheme = { readonly schnorr: SchnorrVariant } | { readonly blsTag: string };

type EcsgType = ReadBy<typeof ck.CKM_IBM_ECDSA_OTHER>["type"];
/** IBM's parameter has one value for both BLS suites, so the engine chooses the suite, not the caller. */
export type Signature = Exclude<EcsgType, "bls"> | `bls-${bls.BlsSuite}`;

const SCHEMES: Readonly<Record<Signature, Scheme>> = {
  ecsdsa: { schnorr: EC_SDSA },
  zilliqa: { schnorr: ZILLIQA },
  "bls-possession": { blsTag: bls.BLS_POSSESSION_TAG },
  "bls-basic": { blsTag: bls.BLS_BASIC_TAG },
};

/**
 * A BLS public key may be up to 12 concatenated SubjectPublicKeyInfos; the signature is then verified against the sum of
 * the keys. Throws CKR_MECHANISM_INVALID for a key on a curve that the signature does not use,
 * CKR_KEY_TYPE_INCONSISTENT for several keys with a Schnorr signature, CKR_ARGUMENTS_BAD for too many keys,
 * CKR_SIGNATURE_LEN_RANGE.
 */
export const ecdsaOther: Family<Signature> = {
  cost: () => "worker",
  requireKey(key, signature) {
    const keys = key.objectClass === ck.CKO_PUBLIC_KEY ? publicKeysIn(key) : [key];
    const isBls = "blsTag" in SCHEMES[signature];
    if (keys.length > ck.CK_IBM_BLS_MAX_AGGREGATIONS) {
      throw ck.CkError.argumentsBad(`at most ${ck.CK_IBM_BLS_MAX_AGGREGATIONS} public keys are summed up`);
    }
    if (keys.length > 1 && !isBls) throw ck.CkError.keyTypeInconsistent("only BLS verifies against several keys");
    for (const each of keys) {
      if (isBls) requireCurve(each, (curve) => curve === BLS12_381, BLS12_381.name);
      else requireCurve(each, isSchnorrCurve, "Weierstrass curves of 256 bits");
    }
  },
  sign(key, signature, data, random) {
    const scheme = SCHEMES[signature];
    const { curve, privateValue } = privateValueOf(key);
    const point = publicPoint(curve, privateValue);
    if ("blsTag" in scheme) {
      const { blsTag } = scheme;
      return verifyAfterSign(bls.blsSign(privateValue, data, blsTag), (made) =>
        bls.blsVerify([point], data, made, blsTag),
      );
    }
    const { schnorr } = scheme;
    return verifyAfterSign(schnorrSign(schnorr, { curve, privateValue, point }, data, random), (made) =>
      schnorrVerify(schnorr, curve, point, data, made),
    );
  },
  verify(key, signature, data, made) {
    const scheme = SCHEMES[signature];
    if ("blsTag" in scheme) {
      if (made.length !== bls.BLS_SIGNATURE_BYTES) throw ck.CkError.signatureLenRange(bls.BLS_SIGNATURE_BYTES);
      const points = publicKeysIn(key).map((each) => pointOfKey(each).point);
      return bls.blsVerify(points, data, made, scheme.blsTag);
    }
    if (made.length !== SCHNORR_BYTES) throw ck.CkError.signatureLenRange(SCHNORR_BYTES);
    const { curve, point } = pointOfKey(key);
    return schnorrVerify(scheme.schnorr, curve, point, data, made);
  },
};

function isSchnorrCurve(curve: Curve): boolean {
  return ck.isWeierstrass(curve) && curve.bits === SCHNORR_BITS;
}

function publicKeysIn(key: Key): Key[] {
  const keys: Key[] = [];
  for (let rest = key.value; rest.length > 0; ) {
    const length = readSequenceLength(rest);
    keys.push({ ...key, value: rest.subarray(0, length) });
    rest = rest.subarray(length);
  }
  return keys;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_ECDSA_OTHER, {
    ...ec,
    flags: SIGNATURE | NAMED_CURVES,
    shape: "single-only",
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_ECDSA_OTHER],
    family: ecdsaOther,
    interpret: ({ type }, { blsSuite = "possession" }) => (type === "bls" ? `bls-${blsSuite}` : type),
    sumsPublicKeys: true,
  }),
];
