/** Rows of PKCS #11 v3.2 behind IBM's list that work with key pairs, and key derivations. */
import * as ck from "@grep11/cryptoki";
import { ecdh1 } from "../agreement/ecdh.ts";
import { hkdfDerive } from "../derivation/hkdf.ts";
import { publicFromPrivate } from "../derivation/public-from-private.ts";
import { sp800Kdf } from "../derivation/sp800-108.ts";
import type { Family } from "../family.ts";
import { edwardsKeyPairGen, montgomeryKeyPairGen } from "../keygen/ec-keygen.ts";
import { pbkdf2KeyGen } from "../keygen/password-keygen.ts";
import { macKeyGen } from "../keygen/secret-keygen.ts";
import { type EcdhAesParameter, ecdhAes, eddsaForm, rsaAes } from "../parameters/asymmetric.ts";
import { ecdh1 as ecdh1Parameter, noParameter } from "../parameters/classic.ts";
import * as parameters from "../parameters/derivation.ts";
import type { MechanismRow } from "../row.ts";
import { rsaX509 } from "../rsa/rsa-x509.ts";
import { eddsa } from "../signature/eddsa.ts";
import { schnorrBip340 } from "../signature/schnorr-bip340.ts";
import { ecdhMontgomeryAesKeyWrap, ecdhWeierstrassAesKeyWrap } from "../wrapping/ecdh-aes-key-wrap.ts";
import { rsaAesKeyWrap } from "../wrapping/rsa-aes-key-wrap.ts";
import { CRYPT, ec, NAMED_CURVES, row, rsa, SAFE_CURVES, SECRET_KEYS, SIGNATURE, TRANSPORT } from "./facts.ts";
import { dsaRow, ecdsaRow, rsaPkcsRow, rsaPssRow } from "./kinds.ts";

const KDF_KEYS = [...SECRET_KEYS, ck.CKK_HKDF];
const PAIR_KEYS = [
  ck.CKK_RSA,
  ck.CKK_EC,
  ck.CKK_DSA,
  ck.CKK_DH,
  ck.CKK_IBM_PQC_DILITHIUM,
  ck.CKK_IBM_PQC_KYBER,
  ck.CKK_IBM_ML_DSA,
  ck.CKK_IBM_ML_KEM,
  ck.CKK_SLH_DSA,
];

function sp800Row(mechanism: number, mode: Parameters<typeof parameters.sp800>[0]): MechanismRow {
  return row(mechanism, {
    keyTypes: KDF_KEYS,
    flags: ck.CKF_DERIVE,
    parameter: parameters.sp800(mode),
    family: sp800Kdf,
    ibm: false,
  });
}

function ecKeyGenRow(mechanism: number, bits: readonly [number, number], family: MechanismRow["family"]): MechanismRow {
  return row(mechanism, {
    keyTypes: [ck.CKK_EC],
    bits,
    flags: ck.CKF_GENERATE_KEY_PAIR | NAMED_CURVES,
    parameter: noParameter,
    controlPoints: SAFE_CURVES,
    family,
    ibm: false,
  });
}

function ecdhAesRow(
  mechanism: number,
  bits: readonly [number, number],
  controlPoints: readonly number[],
  family: Family<EcdhAesParameter>,
): MechanismRow {
  const keys = { keyTypes: [ck.CKK_EC], bits, controlPoints };
  return row(mechanism, { ...keys, flags: TRANSPORT | NAMED_CURVES, parameter: ecdhAes, family, ibm: false });
}

/** In list order. */
export const STANDARD_ASYMMETRIC_ROWS: readonly MechanismRow[] = [
  row(ck.CKM_RSA_X_509, {
    ...rsa,
    flags: CRYPT | SIGNATURE,
    parameter: noParameter,
    controlPoints: [...rsa.controlPoints, ck.XCP_CPB_ALG_RAW_RSA],
    family: rsaX509,
    ibm: false,
  }),
  rsaPkcsRow(ck.CKM_SHA3_224_RSA_PKCS, "sha3-224", false),
  rsaPkcsRow(ck.CKM_SHA3_256_RSA_PKCS, "sha3-256", false),
  rsaPkcsRow(ck.CKM_SHA3_384_RSA_PKCS, "sha3-384", false),
  rsaPkcsRow(ck.CKM_SHA3_512_RSA_PKCS, "sha3-512", false),
  rsaPssRow(ck.CKM_SHA3_224_RSA_PKCS_PSS, "sha3-224", false),
  rsaPssRow(ck.CKM_SHA3_256_RSA_PKCS_PSS, "sha3-256", false),
  rsaPssRow(ck.CKM_SHA3_384_RSA_PKCS_PSS, "sha3-384", false),
  rsaPssRow(ck.CKM_SHA3_512_RSA_PKCS_PSS, "sha3-512", false),
  row(ck.CKM_RSA_AES_KEY_WRAP, {
    ...rsa,
    flags: TRANSPORT,
    parameter: rsaAes,
    controlPoints: [...rsa.controlPoints, ck.XCP_CPB_ALG_RSA_OAEP],
    family: rsaAesKeyWrap,
    ibm: false,
  }),
  dsaRow(ck.CKM_DSA_SHA224, "sha224", false),
  dsaRow(ck.CKM_DSA_SHA256, "sha256", false),
  dsaRow(ck.CKM_DSA_SHA384, "sha384", false),
  dsaRow(ck.CKM_DSA_SHA512, "sha512", false),
  ecdsaRow(ck.CKM_ECDSA_SHA3_224, "sha3-224", false),
  ecdsaRow(ck.CKM_ECDSA_SHA3_256, "sha3-256", false),
  ecdsaRow(ck.CKM_ECDSA_SHA3_384, "sha3-384", false),
  ecdsaRow(ck.CKM_ECDSA_SHA3_512, "sha3-512", false),
  ecKeyGenRow(ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, [255, 448], edwardsKeyPairGen),
  ecKeyGenRow(ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, [255, 448], montgomeryKeyPairGen),
  row(ck.CKM_EDDSA, {
    keyTypes: [ck.CKK_EC],
    bits: [255, 448],
    flags: SIGNATURE | NAMED_CURVES,
    parameter: eddsaForm,
    controlPoints: SAFE_CURVES,
    family: eddsa,
    ibm: false,
  }),
  row(ck.CKM_ECDH1_COFACTOR_DERIVE, {
    ...ec,
    flags: ck.CKF_DERIVE | NAMED_CURVES,
    parameter: ecdh1Parameter,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_ALG_DH],
    family: ecdh1,
    ibm: false,
  }),
  ecdhAesRow(ck.CKM_ECDH_AES_KEY_WRAP, ec.bits, ec.controlPoints, ecdhWeierstrassAesKeyWrap),
  ecdhAesRow(ck.CKM_ECDH_COF_AES_KEY_WRAP, ec.bits, ec.controlPoints, ecdhWeierstrassAesKeyWrap),
  ecdhAesRow(ck.CKM_ECDH_X_AES_KEY_WRAP, [255, 448], SAFE_CURVES, ecdhMontgomeryAesKeyWrap),
  row(ck.CKM_GREP11_SCHNORR_BIP340, {
    keyTypes: [ck.CKK_EC],
    bits: [256, 256],
    flags: SIGNATURE | NAMED_CURVES,
    parameter: noParameter,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_ECDSA_OTHER, ck.XCP_CPB_ALG_EC_SECGCRV],
    family: schnorrBip340,
    ibm: false,
  }),
  row(ck.CKM_HKDF_DERIVE, {
    keyTypes: KDF_KEYS,
    flags: ck.CKF_DERIVE,
    parameter: parameters.hkdf,
    parameterKeys: parameters.hkdfParameterKeys,
    family: hkdfDerive,
    ibm: false,
  }),
  row(ck.CKM_HKDF_KEY_GEN, {
    keyTypes: [ck.CKK_HKDF],
    bytes: [8, 256],
    flags: ck.CKF_GENERATE,
    parameter: noParameter,
    family: macKeyGen(ck.CKK_HKDF),
    ibm: false,
  }),
  sp800Row(ck.CKM_SP800_108_COUNTER_KDF, "counter"),
  sp800Row(ck.CKM_SP800_108_FEEDBACK_KDF, "feedback"),
  sp800Row(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF, "double-pipeline"),
  row(ck.CKM_PKCS5_PBKD2, {
    keyTypes: KDF_KEYS,
    flags: ck.CKF_GENERATE,
    parameter: parameters.pbkdf2,
    controlPoints: [ck.XCP_CPB_ALLOW_PASSPHRASE],
    family: pbkdf2KeyGen,
    ibm: false,
  }),
  row(ck.CKM_PUB_KEY_FROM_PRIV_KEY, {
    keyTypes: PAIR_KEYS,
    flags: ck.CKF_DERIVE,
    parameter: noParameter,
    family: publicFromPrivate,
    givesPublicHalf: true,
    ibm: false,
  }),
];
