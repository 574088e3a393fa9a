/**
 * The expectations of the standard mechanisms for key pairs (PKCS #11 v3.2) and of the mechanism that this project defines.
 * GetMechanismList returns them after those of IBM.
 */
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { WEIERSTRASS_CURVES } from "../sample-keys.ts";
import * as expectation from "./expectation.ts";
import { STANDARD_DERIVATION_EXPECTATIONS } from "./standard-symmetric.ts";

const EDWARDS_BITS = [255, 448] as const;
/** Key wrap with an AES-256 key that the parties agree on with the X9.63 KDF and SHA-256. */
const KEY_AGREEMENT = wireForm([256, ck.CKD_SHA256_KDF, 2], expectation.ascii("kw"));

const dsa = (mechanismNumber: number) =>
  expectation.row(mechanismNumber, expectation.FIELD_BITS, expectation.SIGNATURE, {
    shape: "multi",
    keys: ["DSA-2048"],
    randomised: true,
  });
const pss = (mechanismNumber: number, hashMech: number, mgf: number, saltByteCount: number) =>
  expectation.row(mechanismNumber, expectation.RSA_BITS, expectation.SIGNATURE, {
    shape: "multi",
    keys: expectation.RSA,
    randomised: true,
    parameter: { type: "RSAPSSParm", hashMech, mgf, saltByteCount },
  });
const edwardsPair = (mechanismNumber: number) =>
  expectation.row(mechanismNumber, EDWARDS_BITS, ck.CKF_GENERATE_KEY_PAIR | expectation.NAMED_CURVES);
const ecdhWrap = (
  mechanismNumber: number,
  bits: readonly [number, number],
  keys: expectation.MechanismExpectation["keys"],
) =>
  expectation.row(mechanismNumber, bits, expectation.WRAPPING | expectation.NAMED_CURVES, {
    keys,
    parameter: KEY_AGREEMENT,
  });
const pairGen = (mechanismNumber: number, bytes: readonly [number, number]) =>
  expectation.row(mechanismNumber, bytes, ck.CKF_GENERATE_KEY_PAIR);
const mlDsa = (mechanismNumber: number, rest: Partial<expectation.MechanismExpectation>) =>
  expectation.row(mechanismNumber, expectation.ML_DSA_BYTES, expectation.SIGNATURE, {
    keys: expectation.ML_DSA,
    parameterOptional: true,
    ...rest,
  });
/** The parameter of deterministic signatures with a context. */
const DETERMINISTIC = wireForm([ck.CKH_DETERMINISTIC_REQUIRED, 3], expectation.ascii("abc"));
const hashMlDsa = (mechanismNumber: number) => mlDsa(mechanismNumber, { shape: "multi", parameter: DETERMINISTIC });

/** The expectations in the order of GetMechanismList. */
export const STANDARD_ASYMMETRIC_EXPECTATIONS: readonly expectation.MechanismExpectation[] = [
  // The message must be as long as the modulus, because decryption returns leading zeros too.
  expectation.row(ck.CKM_RSA_X_509, expectation.RSA_BITS, expectation.ENCRYPTION | expectation.SIGNATURE, {
    keys: expectation.RSA,
    data: [256],
    offByDefault: true,
  }),
  ...[ck.CKM_SHA3_224_RSA_PKCS, ck.CKM_SHA3_256_RSA_PKCS, ck.CKM_SHA3_384_RSA_PKCS].map(expectation.rsaPkcs),
  expectation.rsaPkcs(ck.CKM_SHA3_512_RSA_PKCS),
  pss(ck.CKM_SHA3_224_RSA_PKCS_PSS, ck.CKM_SHA3_224, ck.CKG_MGF1_SHA3_224, 28),
  pss(ck.CKM_SHA3_256_RSA_PKCS_PSS, ck.CKM_SHA3_256, ck.CKG_MGF1_SHA3_256, 32),
  pss(ck.CKM_SHA3_384_RSA_PKCS_PSS, ck.CKM_SHA3_384, ck.CKG_MGF1_SHA3_384, 48),
  pss(ck.CKM_SHA3_512_RSA_PKCS_PSS, ck.CKM_SHA3_512, ck.CKG_MGF1_SHA3_512, 64),
  expectation.row(ck.CKM_RSA_AES_KEY_WRAP, expectation.RSA_BITS, expectation.WRAPPING, {
    keys: expectation.RSA,
    parameter: wireForm([256, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 0]),
  }),
  ...[ck.CKM_DSA_SHA224, ck.CKM_DSA_SHA256, ck.CKM_DSA_SHA384, ck.CKM_DSA_SHA512].map(dsa),
  ...[ck.CKM_ECDSA_SHA3_224, ck.CKM_ECDSA_SHA3_256, ck.CKM_ECDSA_SHA3_384].map(expectation.ecdsa),
  expectation.ecdsa(ck.CKM_ECDSA_SHA3_512),
  ...[ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN].map(edwardsPair),
  expectation.row(ck.CKM_EDDSA, EDWARDS_BITS, expectation.SIGNATURE | expectation.NAMED_CURVES, {
    keys: ["Ed25519", "Ed448"],
    parameter: wireForm([0, 3], expectation.ascii("abc")),
    parameterOptional: true,
  }),
  expectation.row(ck.CKM_ECDH1_COFACTOR_DERIVE, expectation.EC_BITS, ck.CKF_DERIVE | expectation.NAMED_CURVES, {
    keys: WEIERSTRASS_CURVES,
  }),
  ecdhWrap(ck.CKM_ECDH_AES_KEY_WRAP, expectation.EC_BITS, ["P-256", "brainpoolP320t1"]),
  ecdhWrap(ck.CKM_ECDH_COF_AES_KEY_WRAP, expectation.EC_BITS, ["P-521"]),
  ecdhWrap(ck.CKM_ECDH_X_AES_KEY_WRAP, EDWARDS_BITS, ["X25519", "X448"]),
  expectation.row(ck.CKM_GREP11_SCHNORR_BIP340, [256, 256], expectation.SIGNATURE | expectation.NAMED_CURVES, {
    keys: ["secp256k1"],
    randomised: true,
  }),
  ...STANDARD_DERIVATION_EXPECTATIONS,
  expectation.row(ck.CKM_PUB_KEY_FROM_PRIV_KEY, expectation.NO_KEY, ck.CKF_DERIVE, {
    keys: ["RSA-2048", "P-256", "Ed25519", "X448", "DSA-2048", "DH-2048", "BLS12-381", "ml-dsa-44"],
  }),
  pairGen(ck.CKM_ML_KEM_KEY_PAIR_GEN, expectation.ML_KEM_BYTES),
  expectation.row(ck.CKM_ML_KEM, expectation.ML_KEM_BYTES, ck.CKF_DERIVE, { keys: expectation.ML_KEM }),
  pairGen(ck.CKM_ML_DSA_KEY_PAIR_GEN, expectation.ML_DSA_BYTES),
  mlDsa(ck.CKM_ML_DSA, { randomised: true }),
  mlDsa(ck.CKM_HASH_ML_DSA, {
    parameter: wireForm([ck.CKH_DETERMINISTIC_REQUIRED, 3, ck.CKM_SHA256], expectation.ascii("abc")),
    parameterOptional: false,
    data: [32],
  }),
  ...[ck.CKM_HASH_ML_DSA_SHA224, ck.CKM_HASH_ML_DSA_SHA256, ck.CKM_HASH_ML_DSA_SHA384].map(hashMlDsa),
  ...[ck.CKM_HASH_ML_DSA_SHA512, ck.CKM_HASH_ML_DSA_SHA3_224, ck.CKM_HASH_ML_DSA_SHA3_256].map(hashMlDsa),
  ...[ck.CKM_HASH_ML_DSA_SHA3_384, ck.CKM_HASH_ML_DSA_SHA3_512].map(hashMlDsa),
  mlDsa(ck.CKM_HASH_ML_DSA_SHAKE128, { parameter: DETERMINISTIC }),
  mlDsa(ck.CKM_HASH_ML_DSA_SHAKE256, { parameter: DETERMINISTIC }),
  pairGen(ck.CKM_SLH_DSA_KEY_PAIR_GEN, [32, 64]),
  expectation.row(ck.CKM_SLH_DSA, [32, 64], expectation.SIGNATURE, {
    keys: ["slh-dsa-sha2-128f"],
    randomised: true,
    parameterOptional: true,
  }),
];
