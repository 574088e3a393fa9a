/**
 * CKM_IBM_ECDSA_OTHER: Schnorr and BLS signatures (behaviour 4.9, ep11 facts 5.9, 5.10). The message itself is signed, in
 * one call.
 */
import { CK_IBM_BLS_MAX_AGGREGATIONS, CKO_PUBLIC_KEY, CkError } from "@grep11/cryptoki";
import type { Key } from "../objects/key.ts";
import { BLS_POSSESSION_TAG, BLS_SIGNATURE_BYTES, blsSign, blsVerify } from "../primitives/bls.ts";
import { BLS12_381, type Curve, isWeierstrass } from "../primitives/curves.ts";
import { readSequenceLength } from "../primitives/der.ts";
import { publicPoint } from "../primitives/ec-point.ts";
import { EC_SDSA, type SchnorrVariant, schnorrSign, schnorrVerify, ZILLIQA } from "../primitives/schnorr.ts";
import { checkedSignature } from "./checked-signature.ts";
import { pointOfKey, privateValueOf } from "./derived-pair-half.ts";
import { requireCurve } from "./ec-curve.ts";
import type { Family } from "./family.ts";
import type { EcsgParameter } from "./parameters/vendor.ts";

const SCHNORR: Readonly<Record<Exclude<EcsgParameter, "bls">, SchnorrVariant>> = {
  "ec-sdsa": EC_SDSA,
  zilliqa: ZILLIQA,
};

/** The only size of curves that IBM's Schnorr signatures work with, and the length of a signature in bytes. */
const SCHNORR_BITS = 256;
const SCHNORR_BYTES = 64;

/**
 * The family with the domain separation tag of a BLS suite. A public key of BLS may be several
 * SubjectPublicKeyInfos one behind the other, at most 12: the signature is then verified against their sum. Errors:
 * CKR_MECHANISM_INVALID for keys on other curves, CKR_KEY_TYPE_INCONSISTENT for several keys of Schnorr signatures,
 * CKR_ARGUMENTS_BAD for too many keys, CKR_SIGNATURE_LEN_RANGE.
 */
export function ecdsaOtherWith(blsTag: string): Family<EcsgParameter> {
  return {
    cost: () => "worker",
    requireKey(key, signature) {
      const keys = key.objectClass === CKO_PUBLIC_KEY ? publicKeysIn(key) : [key];
      if (keys.length > CK_IBM_BLS_MAX_AGGREGATIONS) {
        throw CkError.argumentsBad(`at most ${CK_IBM_BLS_MAX_AGGREGATIONS} public keys are summed up`);
      }
      if (keys.length > 1 && signature !== "bls") {
        throw CkError.keyTypeInconsistent("only BLS verifies against several keys");
      }
      for (const each of keys) {
        if (signature === "bls") requireCurve(each, (curve) => curve === BLS12_381, BLS12_381.name);
        else requireCurve(each, isSchnorrCurve, "Weierstrass curves of 256 bits");
      }
    },
    sign(key, signature, data, random) {
      const { curve, privateValue } = privateValueOf(key);
      const point = publicPoint(curve, privateValue);
      if (signature === "bls") {
        return checkedSignature(blsSign(privateValue, data, blsTag), (made) => blsVerify([point], data, made, blsTag));
      }
      const variant = SCHNORR[signature];
      return checkedSignature(schnorrSign(variant, { curve, privateValue, point }, data, random), (made) =>
        schnorrVerify(variant, curve, point, data, made),
      );
    },
    verify(key, signature, data, made) {
      const length = signature === "bls" ? BLS_SIGNATURE_BYTES : SCHNORR_BYTES;
      if (made.length !== length) throw CkError.signatureLenRange(length);
      if (signature === "bls") {
        const points = publicKeysIn(key).map((each) => pointOfKey(each).point);
        return blsVerify(points, data, made, blsTag);
      }
      const { curve, point } = pointOfKey(key);
      return schnorrVerify(SCHNORR[signature], curve, point, data, made);
    },
  };
}

/** With Ethereum's suite of proofs of possession, IBM's most likely choice (spec decision 12). */
export const ecdsaOther: Family<EcsgParameter> = ecdsaOtherWith(BLS_POSSESSION_TAG);

function isSchnorrCurve(curve: Curve): boolean {
  return isWeierstrass(curve) && curve.bits === SCHNORR_BITS;
}

/** The keys of SubjectPublicKeyInfos that stand one behind the other. */
function publicKeysIn(key: Key): Key[] {
  const keys: Key[] = [];
  for (let rest = key.value; rest.length > 0; ) {
    const length = readSequenceLength(rest);
    keys.push({ ...key, value: rest.subarray(0, length) });
    rest = rest.subarray(length);
  }
  return keys;
}
