/** Rows of PKCS #11 v3.2 behind IBM's list that work with key pairs, and key derivations. */
import * as C from "@grep11/cryptoki";
import * as parameters from "./derivation-parameters.ts";
import { hkdfDerive } from "./hkdf.ts";
import { noParameter } from "./parameters.ts";
import { pbkdf2KeyGen } from "./password-keygen.ts";
import { publicFromPrivate } from "./public-from-private.ts";
import type { MechanismRow } from "./row.ts";
import { row, SECRET_KEYS } from "./row-facts.ts";
import { macKeyGen } from "./secret-keygen.ts";
import { sp800Kdf } from "./sp800-108.ts";

const KDF_KEYS = [...SECRET_KEYS, C.CKK_HKDF];
const PAIR_KEYS = [
  C.CKK_RSA,
  C.CKK_EC,
  C.CKK_DSA,
  C.CKK_DH,
  C.CKK_IBM_PQC_DILITHIUM,
  C.CKK_IBM_PQC_KYBER,
  C.CKK_IBM_ML_DSA,
  C.CKK_IBM_ML_KEM,
  C.CKK_SLH_DSA,
];

function sp800Row(mechanism: number, mode: Parameters<typeof parameters.sp800>[0]): MechanismRow {
  return row(mechanism, {
    keyTypes: KDF_KEYS,
    flags: C.CKF_DERIVE,
    parameter: parameters.sp800(mode),
    family: sp800Kdf,
    ibm: false,
  });
}

/** In list order. */
export const STANDARD_ASYMMETRIC_ROWS: readonly MechanismRow[] = [
  row(C.CKM_HKDF_DERIVE, {
    keyTypes: KDF_KEYS,
    flags: C.CKF_DERIVE,
    parameter: parameters.hkdf,
    parameterKeys: parameters.hkdfParameterKeys,
    family: hkdfDerive,
    ibm: false,
  }),
  row(C.CKM_HKDF_KEY_GEN, {
    keyTypes: [C.CKK_HKDF],
    bytes: [8, 256],
    flags: C.CKF_GENERATE,
    parameter: noParameter,
    family: macKeyGen(C.CKK_HKDF),
    ibm: false,
  }),
  sp800Row(C.CKM_SP800_108_COUNTER_KDF, "counter"),
  sp800Row(C.CKM_SP800_108_FEEDBACK_KDF, "feedback"),
  sp800Row(C.CKM_SP800_108_DOUBLE_PIPELINE_KDF, "double-pipeline"),
  row(C.CKM_PKCS5_PBKD2, {
    keyTypes: KDF_KEYS,
    flags: C.CKF_GENERATE,
    parameter: parameters.pbkdf2,
    controlPoints: [C.XCP_CPB_ALLOW_PASSPHRASE],
    family: pbkdf2KeyGen,
    ibm: false,
  }),
  row(C.CKM_PUB_KEY_FROM_PRIV_KEY, {
    keyTypes: PAIR_KEYS,
    flags: C.CKF_DERIVE,
    parameter: noParameter,
    family: publicFromPrivate,
    givesPublicHalf: true,
    ibm: false,
  }),
];
