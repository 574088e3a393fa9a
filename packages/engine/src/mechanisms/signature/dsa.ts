/** DSA (PKCS #11 v3.2, 6.2; FIPS 186-4). */
import * as ck from "@grep11/cryptoki";
import { numberIn, requirePresent } from "../../objects/template-values.ts";
import * as dsaParameters from "../../primitives/finite-field/dsa-parameters.ts";
import * as dsaRaw from "../../primitives/finite-field/dsa-raw.ts";
import { encodeDsaParameters, parseDsaParameters } from "../../primitives/keys/integer-formats.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import type { DsaParameters } from "../../primitives/keys/keys.ts";
import type { Family } from "../family.ts";
import { dsaKeys, outdatedIf, SIGNATURE } from "../key-properties.ts";
import { domainParameters, domainParametersIn, domainParametersInvalid } from "../keygen/domain-parameters.ts";
import { type MechanismRow, row } from "../row.ts";
import { type DigestSigner, hashAndSign, signGivenDigest, withAnyKey } from "./signing.ts";

const SIZES = dsaParameters.DSA_SIZES.map(([prime, subprime]) => `${prime}/${subprime}`).join(", ");

/**
 * CKA_PRIME_BITS is the length of p, CKA_SUBPRIME_BITS that of q; by default q has the greatest length that the standard
 * allows. Errors: CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE.
 */
export const dsaParameterGen: Family<undefined> = {
  cost: () => "generation",
  generateKey(_parameter, template) {
    const primeBits = requirePresent(numberIn(template, ck.CKA_PRIME_BITS), ck.CKA_PRIME_BITS);
    const subprimeBits = numberIn(template, ck.CKA_SUBPRIME_BITS);
    const sizes = dsaParameters.DSA_SIZES.find(
      ([p, q]) => p === primeBits && (subprimeBits === undefined || q === subprimeBits),
    );
    if (sizes === undefined) throw ck.CkError.keySizeRange(`p and q have ${SIZES} bits`);
    return domainParameters(ck.CKK_DSA, encodeDsaParameters(dsaParameters.generateDsaParameters(...sizes)));
  },
};

/** The public template contains p, q and g. Errors: CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE, CKR_DOMAIN_PARAMS_INVALID. */
export const dsaKeyPairGen: Family<undefined> = {
  cost: () => "generation",
  generateKeyPair(_parameter, publicTemplate, _privateTemplate, random) {
    const { privateKey, publicKey } = dsaRaw.generateDsaKeyPair(requireParameters(publicTemplate), random);
    const pair = {
      publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_DSA, value: encodePublicKey(publicKey) },
      privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_DSA, value: encodePrivateKey(privateKey) },
    };
    const digest = random(privateKey.subprime.length);
    const signature = dsaRaw.signDsaDigest(pair.privateKey.value, digest, random);
    if (!dsaRaw.verifyDsaDigest(pair.publicKey.value, digest, signature))
      throw new Error("the key pair is not consistent");
    return pair;
  },
};

function requireParameters(template: ck.Template): DsaParameters {
  const attributes = { prime: ck.CKA_PRIME, subprime: ck.CKA_SUBPRIME, base: ck.CKA_BASE };
  const parameters = domainParametersIn(template, attributes, parseDsaParameters);
  if (!dsaParameters.hasDsaSizes(parameters)) throw ck.CkError.keySizeRange(`p and q have ${SIZES} bits`);
  if (!dsaParameters.areDsaParameters(parameters)) throw domainParametersInvalid("p, q and g are not DSA parameters");
  return parameters;
}

const digestSigner: DigestSigner<undefined> = {
  sign: (key, _parameter, digest, random) => dsaRaw.signDsaDigest(key.value, digest, random),
  verify(key, _parameter, digest, signature) {
    const length = 2 * dsaRaw.dsaPublicKey(key.value).subprime.length;
    if (signature.length !== length) throw ck.CkError.signatureLenRange(length);
    return withAnyKey(() => dsaRaw.verifyDsaDigest(key.value, digest, signature));
  },
};

/** Uses only the leftmost bits of a digest that is longer than q. Errors: CKR_DATA_LEN_RANGE, CKR_SIGNATURE_LEN_RANGE. */
export const dsa: Family<undefined> = signGivenDigest(digestSigner);

export function dsaHash(hash: ck.HashName): Family<undefined> {
  return hashAndSign(hash, digestSigner);
}

function hashed(hash: ck.HashName) {
  const controlPoints = [...dsaKeys.controlPoints, ...outdatedIf(hash)];
  return { ...dsaKeys, flags: SIGNATURE, shape: "multi", controlPoints, family: dsaHash(hash) } as const;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_DSA_PARAMETER_GEN, {
    ...dsaKeys,
    flags: ck.CKF_GENERATE,
    controlPoints: [...dsaKeys.controlPoints, ck.XCP_CPB_DSA_PARAMETER_GEN],
    family: dsaParameterGen,
    makesParameters: true,
  }),
  row(ck.CKM_DSA_KEY_PAIR_GEN, { ...dsaKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: dsaKeyPairGen }),
  row(ck.CKM_DSA, { ...dsaKeys, flags: SIGNATURE, family: dsa }),
  row(ck.CKM_DSA_SHA1, hashed("sha1")),
  row(ck.CKM_DSA_SHA224, hashed("sha224")),
  row(ck.CKM_DSA_SHA256, hashed("sha256")),
  row(ck.CKM_DSA_SHA384, hashed("sha384")),
  row(ck.CKM_DSA_SHA512, hashed("sha512")),
];
