/** Rows of the post-quantum mechanisms: IBM's codes of ML-DSA and ML-KEM, and those of PKCS #11 v3.2. */
import * as ck from "@grep11/cryptoki";
import type { Family } from "../family.ts";
import { ibmMlKemKeyPairGen, mlKem, mlKemKeyPairGen } from "../kem/ml-kem.ts";
import { noParameter } from "../parameters/classic.ts";
import {
  digestContext,
  ibmSignatureContext,
  type SignatureContext,
  signatureContext,
} from "../parameters/signature-context.ts";
import { kemParameter, kemParameterKeys } from "../parameters/vendor.ts";
import type { MechanismRow, ParameterParser, RuntimeNeed } from "../row.ts";
import { hashMlDsa, hashMlDsaOf, ibmMlDsaKeyPairGen, mlDsa, mlDsaKeyPairGen, shakeMlDsa } from "../signature/ml-dsa.ts";
import { slhDsa, slhDsaKeyPairGen } from "../signature/slh-dsa.ts";
import { row, SIGNATURE } from "./facts.ts";

/** Everything that such a row offers. */
const EVERYTHING = ck.CKF_GENERATE_KEY_PAIR | ck.CKF_SIGN | ck.CKF_VERIFY | ck.CKF_DERIVE;

/** Sizes are those of public keys in bytes, as tokens of PKCS #11 v3.2 report them. */
const mlDsaKeys = {
  keyTypes: [ck.CKK_IBM_ML_DSA],
  nominal: [1312, 2592] as const,
  controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_ML_DSA],
  needs: { feature: "ml-dsa", flags: EVERYTHING } as RuntimeNeed,
};
const mlKemKeys = {
  keyTypes: [ck.CKK_IBM_ML_KEM],
  nominal: [800, 1568] as const,
  controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_ML_KEM],
  needs: { feature: "ml-kem", flags: EVERYTHING } as RuntimeNeed,
};
type PairKeys = Pick<typeof mlDsaKeys, "keyTypes" | "controlPoints" | "needs"> & { nominal: readonly [number, number] };
const slhDsaKeys: PairKeys = {
  keyTypes: [ck.CKK_SLH_DSA],
  nominal: [32, 64] as const,
  controlPoints: [ck.XCP_CPB_ALG_PQC],
  needs: { feature: "slh-dsa", flags: EVERYTHING },
};

function pairRow(mechanism: number, keys: PairKeys, family: Family<undefined>, ibm: boolean) {
  return row(mechanism, { ...keys, flags: ck.CKF_GENERATE_KEY_PAIR, parameter: noParameter, family, ibm });
}

function mlDsaRow(mechanism: number, parameter: ParameterParser<SignatureContext>, family: Family<SignatureContext>) {
  return row(mechanism, { ...mlDsaKeys, flags: SIGNATURE, parameter, family, ibm: mechanism === ck.CKM_IBM_ML_DSA });
}

function hashMlDsaRow(mechanism: number, hash: ck.HashName): MechanismRow {
  const family = hashMlDsaOf(hash);
  return row(mechanism, {
    ...mlDsaKeys,
    flags: SIGNATURE,
    shape: "multi",
    parameter: signatureContext,
    family,
    ibm: false,
  });
}

function mlKemRow(mechanism: number, ibm: boolean): MechanismRow {
  return row(mechanism, {
    ...mlKemKeys,
    flags: ck.CKF_DERIVE,
    parameter: kemParameter,
    parameterKeys: kemParameterKeys,
    family: mlKem,
    ibm,
  });
}

/** In list order, at the end of IBM's list. */
export const IBM_POST_QUANTUM_ROWS: readonly MechanismRow[] = [
  pairRow(ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, mlDsaKeys, ibmMlDsaKeyPairGen, true),
  mlDsaRow(ck.CKM_IBM_ML_DSA, ibmSignatureContext, mlDsa),
  pairRow(ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, mlKemKeys, ibmMlKemKeyPairGen, true),
  mlKemRow(ck.CKM_IBM_ML_KEM, true),
];

/** In list order, among the standard mechanisms. */
export const STANDARD_POST_QUANTUM_ROWS: readonly MechanismRow[] = [
  pairRow(ck.CKM_ML_KEM_KEY_PAIR_GEN, mlKemKeys, mlKemKeyPairGen, false),
  mlKemRow(ck.CKM_ML_KEM, false),
  pairRow(ck.CKM_ML_DSA_KEY_PAIR_GEN, mlDsaKeys, mlDsaKeyPairGen, false),
  mlDsaRow(ck.CKM_ML_DSA, signatureContext, mlDsa),
  row(ck.CKM_HASH_ML_DSA, {
    ...mlDsaKeys,
    flags: SIGNATURE,
    parameter: digestContext,
    family: hashMlDsa,
    ibm: false,
  }),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA224, "sha224"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA256, "sha256"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA384, "sha384"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA512, "sha512"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA3_224, "sha3-224"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA3_256, "sha3-256"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA3_384, "sha3-384"),
  hashMlDsaRow(ck.CKM_HASH_ML_DSA_SHA3_512, "sha3-512"),
  mlDsaRow(ck.CKM_HASH_ML_DSA_SHAKE128, signatureContext, shakeMlDsa("shake128")),
  mlDsaRow(ck.CKM_HASH_ML_DSA_SHAKE256, signatureContext, shakeMlDsa("shake256")),
  pairRow(ck.CKM_SLH_DSA_KEY_PAIR_GEN, slhDsaKeys, slhDsaKeyPairGen, false),
  row(ck.CKM_SLH_DSA, { ...slhDsaKeys, flags: SIGNATURE, parameter: signatureContext, family: slhDsa, ibm: false }),
];
