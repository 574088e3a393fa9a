/** RSA PSS (RFC 8017, 8.1; PKCS #11 v3.2, 6.1.10 and 6.1.15). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { modulusBits, type RsaKey, rsaPrivateKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import { encodePss, maxPssSalt, verifyPss } from "../../primitives/rsa/rsa-pss-encoding.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { outdatedIf, rsaKeys, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { type DigestSigner, hashAndSign } from "../signature/signing.ts";
import { openSignature, rsaCost, rsaKeyOf } from "./rsa-use.ts";

type PssParameter = ReadBy<typeof ck.CKM_RSA_PKCS_PSS>;

/**
 * Signs the caller's digest. Throws CKR_DATA_LEN_RANGE if it is not as long as the parameter's hash,
 * CKR_MECHANISM_PARAM_INVALID if hash and salt are too long for the key (docs/reference/ep11.md#rsa).
 */
export const rsaPss: DigestSigner<PssParameter> = {
  cost: rsaCost,
  requireKey: (key, scheme) => requireFit(rsaKeyOf(key), scheme),
  sign(key, scheme, digest, random) {
    const rsa = rsaPrivateKey(key.value);
    requireFit(rsa, scheme);
    requireDigest(scheme, digest);
    return privateOperation(rsa, encodePss(scheme, digest, modulusBits(rsa), random(scheme.saltLength)));
  },
  verify(key, scheme, digest, signature) {
    const rsa = rsaPublicKey(key.value);
    requireFit(rsa, scheme);
    requireDigest(scheme, digest);
    const encoded = openSignature(rsa, signature);
    return encoded !== undefined && verifyPss(scheme, digest, modulusBits(rsa), encoded);
  },
};

/** The parameter must name the same hash as the mechanism. */
export function rsaPssHash(hash: ck.HashName): Family<PssParameter> {
  return hashAndSign(hash, rsaPss);
}

function requireFit(key: RsaKey, { hash, saltLength }: PssParameter): void {
  if (saltLength > maxPssSalt(hash, modulusBits(key))) {
    throw ck.CkError.mechanismParamInvalid("hash and salt are too long for the key");
  }
}

function requireDigest({ hash }: PssParameter, digest: Uint8Array): void {
  const { bytes } = ck.HASHES[hash];
  if (digest.length !== bytes) throw ck.CkError.dataLenRange(`a digest of the parameter's hash has ${bytes} bytes`);
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_PKCS_PSS, { ...rsaKeys, flags: SIGNATURE, family: rsaPss, signatureHash: ({ hash }) => hash }),
  ...hashRows("rsaPss", (mechanism, hash) =>
    row(mechanism, {
      ...rsaKeys,
      flags: SIGNATURE,
      shape: "multi",
      controlPoints: [...rsaKeys.controlPoints, ...outdatedIf(hash)],
      family: rsaPssHash(hash),
      signatureHash: () => hash,
    }),
  ),
];
