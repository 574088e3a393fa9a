/** The standard mechanisms for key pairs that follow IBM's list (PKCS #11 v3.2), and one defined by this project. */
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { WEIERSTRASS_CURVES } from "../sample-keys.ts";
import {
  ascii,
  EC_BITS,
  ENCRYPTION,
  ecdsa,
  FIELD_BITS,
  type MechanismExpectation,
  ML_DSA,
  ML_DSA_BYTES,
  ML_KEM,
  ML_KEM_BYTES,
  NAMED_CURVES,
  NO_KEY,
  RSA,
  RSA_BITS,
  row,
  rsaPkcs,
  SIGNATURE,
  WRAPPING,
} from "./expectation.ts";
import { STANDARD_DERIVATION_EXPECTATIONS } from "./standard-symmetric.ts";

const EDWARDS_BITS = [255, 448] as const;
/** An AES-256 key, agreed on with X9.63 and SHA-256. */
const KEY_AGREEMENT = wireForm([256, ck.CKD_SHA256_KDF, 2], ascii("kw"));

const standard = (rest: Partial<MechanismExpectation>): Partial<MechanismExpectation> => ({ ibm: false, ...rest });
const dsa = (mechanismNumber: number) =>
  row(mechanismNumber, FIELD_BITS, SIGNATURE, standard({ shape: "multi", keys: ["DSA-2048"], randomised: true }));
const pss = (mechanismNumber: number, hashMech: number, mgf: number, saltByteCount: number) =>
  row(
    mechanismNumber,
    RSA_BITS,
    SIGNATURE,
    standard({
      shape: "multi",
      keys: RSA,
      randomised: true,
      parameter: { type: "RSAPSSParm", hashMech, mgf, saltByteCount },
    }),
  );
const edwardsPair = (mechanismNumber: number) =>
  row(mechanismNumber, EDWARDS_BITS, ck.CKF_GENERATE_KEY_PAIR | NAMED_CURVES, standard({}));
const ecdhWrap = (mechanismNumber: number, bits: readonly [number, number], keys: MechanismExpectation["keys"]) =>
  row(mechanismNumber, bits, WRAPPING | NAMED_CURVES, standard({ keys, parameter: KEY_AGREEMENT }));
const pairGen = (mechanismNumber: number, bytes: readonly [number, number]) =>
  row(mechanismNumber, bytes, ck.CKF_GENERATE_KEY_PAIR, standard({}));
const mlDsa = (mechanismNumber: number, rest: Partial<MechanismExpectation>) =>
  row(mechanismNumber, ML_DSA_BYTES, SIGNATURE, standard({ keys: ML_DSA, parameterOptional: true, ...rest }));
/** Deterministic signatures with a context. */
const DETERMINISTIC = wireForm([ck.CKH_DETERMINISTIC_REQUIRED, 3], ascii("abc"));
const hashMlDsa = (mechanismNumber: number) => mlDsa(mechanismNumber, { shape: "multi", parameter: DETERMINISTIC });

/** In list order. */
export const STANDARD_ASYMMETRIC_EXPECTATIONS: readonly MechanismExpectation[] = [
  // Messages as long as the modulus, because decryption returns leading zeros.
  row(ck.CKM_RSA_X_509, RSA_BITS, ENCRYPTION | SIGNATURE, standard({ keys: RSA, data: [256], offByDefault: true })),
  { ...rsaPkcs(ck.CKM_SHA3_224_RSA_PKCS), ibm: false },
  { ...rsaPkcs(ck.CKM_SHA3_256_RSA_PKCS), ibm: false },
  { ...rsaPkcs(ck.CKM_SHA3_384_RSA_PKCS), ibm: false },
  { ...rsaPkcs(ck.CKM_SHA3_512_RSA_PKCS), ibm: false },
  pss(ck.CKM_SHA3_224_RSA_PKCS_PSS, ck.CKM_SHA3_224, ck.CKG_MGF1_SHA3_224, 28),
  pss(ck.CKM_SHA3_256_RSA_PKCS_PSS, ck.CKM_SHA3_256, ck.CKG_MGF1_SHA3_256, 32),
  pss(ck.CKM_SHA3_384_RSA_PKCS_PSS, ck.CKM_SHA3_384, ck.CKG_MGF1_SHA3_384, 48),
  pss(ck.CKM_SHA3_512_RSA_PKCS_PSS, ck.CKM_SHA3_512, ck.CKG_MGF1_SHA3_512, 64),
  row(
    ck.CKM_RSA_AES_KEY_WRAP,
    RSA_BITS,
    WRAPPING,
    standard({ keys: RSA, parameter: wireForm([256, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 0]) }),
  ),
  dsa(ck.CKM_DSA_SHA224),
  dsa(ck.CKM_DSA_SHA256),
  dsa(ck.CKM_DSA_SHA384),
  dsa(ck.CKM_DSA_SHA512),
  { ...ecdsa(ck.CKM_ECDSA_SHA3_224), ibm: false },
  { ...ecdsa(ck.CKM_ECDSA_SHA3_256), ibm: false },
  { ...ecdsa(ck.CKM_ECDSA_SHA3_384), ibm: false },
  { ...ecdsa(ck.CKM_ECDSA_SHA3_512), ibm: false },
  edwardsPair(ck.CKM_EC_EDWARDS_KEY_PAIR_GEN),
  edwardsPair(ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN),
  row(
    ck.CKM_EDDSA,
    EDWARDS_BITS,
    SIGNATURE | NAMED_CURVES,
    standard({
      keys: ["Ed25519", "Ed448"],
      parameter: wireForm([0, 3], ascii("abc")),
      parameterOptional: true,
    }),
  ),
  row(ck.CKM_ECDH1_COFACTOR_DERIVE, EC_BITS, ck.CKF_DERIVE | NAMED_CURVES, standard({ keys: WEIERSTRASS_CURVES })),
  ecdhWrap(ck.CKM_ECDH_AES_KEY_WRAP, EC_BITS, ["P-256", "brainpoolP320t1"]),
  ecdhWrap(ck.CKM_ECDH_COF_AES_KEY_WRAP, EC_BITS, ["P-521"]),
  ecdhWrap(ck.CKM_ECDH_X_AES_KEY_WRAP, EDWARDS_BITS, ["X25519", "X448"]),
  row(
    ck.CKM_GREP11_SCHNORR_BIP340,
    [256, 256],
    SIGNATURE | NAMED_CURVES,
    standard({ keys: ["secp256k1"], randomised: true }),
  ),
  ...STANDARD_DERIVATION_EXPECTATIONS,
  row(
    ck.CKM_PUB_KEY_FROM_PRIV_KEY,
    NO_KEY,
    ck.CKF_DERIVE,
    standard({ keys: ["RSA-2048", "P-256", "Ed25519", "X448", "DSA-2048", "DH-2048", "BLS12-381", "ml-dsa-44"] }),
  ),
  pairGen(ck.CKM_ML_KEM_KEY_PAIR_GEN, ML_KEM_BYTES),
  row(ck.CKM_ML_KEM, ML_KEM_BYTES, ck.CKF_DERIVE, standard({ keys: ML_KEM })),
  pairGen(ck.CKM_ML_DSA_KEY_PAIR_GEN, ML_DSA_BYTES),
  mlDsa(ck.CKM_ML_DSA, { randomised: true }),
  mlDsa(ck.CKM_HASH_ML_DSA, {
    parameter: wireForm([ck.CKH_DETERMINISTIC_REQUIRED, 3, ck.CKM_SHA256], ascii("abc")),
    parameterOptional: false,
    data: [32],
  }),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA224),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA256),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA384),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA512),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA3_224),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA3_256),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA3_384),
  hashMlDsa(ck.CKM_HASH_ML_DSA_SHA3_512),
  mlDsa(ck.CKM_HASH_ML_DSA_SHAKE128, { parameter: DETERMINISTIC }),
  mlDsa(ck.CKM_HASH_ML_DSA_SHAKE256, { parameter: DETERMINISTIC }),
  pairGen(ck.CKM_SLH_DSA_KEY_PAIR_GEN, [32, 64]),
  row(
    ck.CKM_SLH_DSA,
    [32, 64],
    SIGNATURE,
    standard({ keys: ["slh-dsa-sha2-128f"], randomised: true, parameterOptional: true }),
  ),
];
