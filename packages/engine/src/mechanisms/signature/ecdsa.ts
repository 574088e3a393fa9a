/** ECDSA (PKCS #11 v3.2, 6.3.12 and 6.3.13; FIPS 186-5, 6). Signatures are r ‖ s. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { signDigest, verifyDigest } from "../../primitives/ec/ecdsa-raw.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { ec, NAMED_CURVES, outdatedIf, SIGNATURE } from "../key-properties.ts";
import { costOnCurve, requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";
import { type DigestSigner, hashAndSign, signGivenDigest, withAnyKey } from "./signing.ts";

const digestSigner: DigestSigner<undefined> = {
  cost: (_method, key) => (key === undefined ? "inline" : costOnCurve(curveFor(key))),
  requireKey(key) {
    curveFor(key);
  },
  sign: (key, _parameter, digest) => signDigest(curveFor(key), key.value, digest),
  verify(key, _parameter, digest, signature) {
    const curve = curveFor(key);
    const length = 2 * curve.orderBytes;
    if (signature.length !== length) throw ck.CkError.signatureLenRange(length);
    return withAnyKey(() => verifyDigest(curve, key.value, digest, signature));
  },
};

/** Uses only the leftmost bits of data that is longer than the order. Errors: CKR_DATA_LEN_RANGE, CKR_SIGNATURE_LEN_RANGE. */
export const ecdsa: Family<undefined> = signGivenDigest(digestSigner);

export function ecdsaHash(hash: ck.HashName): Family<undefined> {
  return hashAndSign(hash, digestSigner);
}

function curveFor(key: Key): Curve {
  return requireCurve(key, ck.isWeierstrass, "short Weierstrass curves");
}

function hashed(hash: ck.HashName) {
  const controlPoints = [...ec.controlPoints, ...outdatedIf(hash)];
  return { ...ec, flags: SIGNATURE | NAMED_CURVES, shape: "multi", controlPoints, family: ecdsaHash(hash) } as const;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_ECDSA, { ...ec, flags: SIGNATURE | NAMED_CURVES, family: ecdsa }),
  ...hashRows("ecdsa", (mechanism, hash) => row(mechanism, hashed(hash))),
  row(ck.CKM_IBM_ECDSA_SHA224, hashed("sha224")),
  row(ck.CKM_IBM_ECDSA_SHA256, hashed("sha256")),
  row(ck.CKM_IBM_ECDSA_SHA384, hashed("sha384")),
  row(ck.CKM_IBM_ECDSA_SHA512, hashed("sha512")),
];
