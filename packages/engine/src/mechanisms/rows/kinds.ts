/** Rows that come once for every hash, key type or curve. `ibm`: do IBM's cards list the mechanism? */
import * as ck from "@grep11/cryptoki";
import { ecdh1 } from "../agreement/ecdh.ts";
import { shaDerive } from "../derivation/sha-derive.ts";
import { digest } from "../digest/digest.ts";
import type { Family } from "../family.ts";
import { cmac } from "../mac/cmac.ts";
import { hmac } from "../mac/hmac.ts";
import { hmacKeyTypes } from "../mac/hmac-keys.ts";
import * as parameters from "../parameters/classic.ts";
import type { MechanismRow } from "../row.ts";
import { rsaPkcsHash } from "../rsa/rsa-pkcs1.ts";
import { rsaPssHash } from "../rsa/rsa-pss.ts";
import { dsaHash } from "../signature/dsa.ts";
import { ecdsaHash } from "../signature/ecdsa.ts";
import {
  DES_KEYS,
  dsaKeys,
  ec,
  NAMED_CURVES,
  OUTDATED,
  PKCS1,
  PRIME_FIELD,
  row,
  rsa,
  SAFE_CURVES,
  SECRET_KEYS,
  SIGNATURE,
} from "./facts.ts";

const { noParameter } = parameters;

/** The control points of mechanisms that SHA-1 makes outdated. */
export function outdatedIf(hash: ck.HashName): readonly number[] {
  return hash === "sha1" ? OUTDATED : [];
}

export function digestRow(mechanism: number, hash: ck.HashName, ibm = true): MechanismRow {
  return row(mechanism, { flags: ck.CKF_DIGEST, shape: "multi", parameter: noParameter, family: digest(hash), ibm });
}

export function hmacRow(mechanism: number, hash: ck.HashName, minBytes: number, ibm = true): MechanismRow {
  return row(mechanism, {
    keyTypes: hmacKeyTypes(hash),
    bytes: [minBytes, 32],
    flags: SIGNATURE,
    shape: "multi",
    parameter: noParameter,
    controlPoints: outdatedIf(hash),
    shortKeysWith: ck.XCP_CPB_KEYSZ_HMAC_ANY,
    family: hmac(hash),
    ibm,
  });
}

export function dsaRow(mechanism: number, hash: ck.HashName, ibm = true): MechanismRow {
  return row(mechanism, {
    ...dsaKeys,
    flags: SIGNATURE,
    shape: "multi",
    parameter: noParameter,
    controlPoints: [...dsaKeys.controlPoints, ...outdatedIf(hash)],
    family: dsaHash(hash),
    ibm,
  });
}

export function cmacRow(
  mechanism: number,
  keyTypes: readonly number[],
  bytes: readonly [number, number],
): MechanismRow {
  const onlyDes = keyTypes.every((keyType) => DES_KEYS.includes(keyType));
  return row(mechanism, {
    keyTypes,
    bytes,
    flags: SIGNATURE,
    shape: "multi",
    parameter: noParameter,
    controlPoints: onlyDes ? OUTDATED : [],
    family: cmac,
  });
}

export function shaDeriveRow(mechanism: number, hash: ck.HashName, ibm = true): MechanismRow {
  return row(mechanism, {
    keyTypes: SECRET_KEYS,
    flags: ck.CKF_DERIVE,
    parameter: noParameter,
    controlPoints: outdatedIf(hash),
    family: shaDerive(hash),
    ibm,
  });
}

export function rsaPkcsRow(mechanism: number, hash: ck.HashName, ibm = true): MechanismRow {
  return row(mechanism, {
    ...rsa,
    flags: SIGNATURE,
    shape: "multi",
    parameter: noParameter,
    controlPoints: [...PKCS1, ...outdatedIf(hash)],
    family: rsaPkcsHash(hash),
    ibm,
  });
}

export function rsaPssRow(mechanism: number, hash: ck.HashName, ibm = true): MechanismRow {
  return row(mechanism, {
    ...rsa,
    flags: SIGNATURE,
    shape: "multi",
    parameter: parameters.pssOf(hash),
    controlPoints: [...rsa.controlPoints, ...outdatedIf(hash)],
    family: rsaPssHash(hash),
    ibm,
  });
}

export function ecdsaRow(mechanism: number, hash: ck.HashName, ibm = true): MechanismRow {
  return row(mechanism, {
    ...ec,
    flags: SIGNATURE | NAMED_CURVES,
    shape: "multi",
    parameter: noParameter,
    controlPoints: [...ec.controlPoints, ...outdatedIf(hash)],
    family: ecdsaHash(hash),
    ibm,
  });
}

export function ecdhRow(
  mechanism: number,
  bits: readonly [number, number],
  family: Family<parameters.EcdhParameter>,
): MechanismRow {
  return row(mechanism, {
    keyTypes: [ck.CKK_EC],
    bits,
    flags: ck.CKF_DERIVE | PRIME_FIELD,
    parameter: parameters.ecdh1,
    controlPoints: family === ecdh1 ? [...ec.controlPoints, ck.XCP_CPB_ALG_DH] : SAFE_CURVES,
    family,
  });
}

export function eddsaRow(mechanism: number, bits: number, family: Family<undefined>): MechanismRow {
  return row(mechanism, {
    keyTypes: [ck.CKK_EC],
    bits: [bits, bits],
    flags: SIGNATURE | PRIME_FIELD,
    parameter: noParameter,
    controlPoints: SAFE_CURVES,
    family,
  });
}
