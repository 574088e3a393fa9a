/**
 * Converts between curve names and values of CKA_EC_PARAMS. Such a value is the curve's OBJECT IDENTIFIER in DER (RFC
 * 5480, 2.1.1).
 */
import * as ck from "@grep11/cryptoki";
import { der, toHex } from "@grep11/encoding";

/** Returns the value of CKA_EC_PARAMS for `curve`. */
export function ecParams(curve: ck.CurveName): Uint8Array {
  return der.oid(ck.CURVES[curve].oid);
}

const BY_PARAMS = new Map(ck.curveNames.map((name) => [toHex(ecParams(name)), name]));

/** Returns the curve whose CKA_EC_PARAMS are `params`, or undefined for an unknown curve or another encoding. */
export function curveOf(params: Uint8Array): ck.CurveName | undefined {
  return BY_PARAMS.get(toHex(params));
}
