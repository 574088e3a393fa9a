/** CKM_IBM_KYBER: Kyber of round 2 of NIST's competition (docs/reference/ep11.md#kem). */
import * as ck from "@grep11/cryptoki";
import { namedSetIn } from "../../objects/parameter-sets.ts";
import { KYBER, kyberDecapsulate, kyberEncapsulate } from "../../primitives/lattice/kyber.ts";
import { pqcSet } from "../../primitives/lattice/pqc-sets.ts";
import type { Family } from "../family.ts";
import { newKeyPair, rawPrivateKey, rawPublicKey } from "../keygen/pqc-key-pair.ts";
import { type MechanismRow, row } from "../row.ts";
import { deriveByKem, type Kem, type KemParameter, kemParameterKeys, requireKemKey } from "./kem.ts";

/** The default parameter set, as in IBM's host library. */
const DEFAULT_SET = pqcSet("kyber-1024");
const RANDOM_BYTES = 32;

const KEM: Kem = {
  encapsulate(key, random) {
    const { set, publicKey } = rawPublicKey(key, "kyber");
    return kyberEncapsulate(KYBER[set.name], publicKey, random(RANDOM_BYTES));
  },
  decapsulate(key, ciphertext) {
    const { set, privateKey } = rawPrivateKey(key, "kyber");
    return kyberDecapsulate(KYBER[set.name], privateKey, ciphertext);
  },
};

/** Without a parameter, only key pairs can be generated. Errors: those of namedSetIn, requireKemKey and deriveByKem. */
export const kyber: Family<KemParameter | undefined> = {
  cost: () => "worker",
  requireKey: (key, parameter) => requireKemKey(key, requireParameter(parameter)),
  generateKeyPair(parameter, publicTemplate, privateTemplate, random) {
    if (parameter !== undefined) throw ck.CkError.mechanismParamInvalid("key pairs are made without a parameter");
    return newKeyPair(namedSetIn([publicTemplate, privateTemplate], DEFAULT_SET), random);
  },
  derive: (baseKey, parameter, input, random) => deriveByKem(KEM, baseKey!, requireParameter(parameter), input, random),
};

function requireParameter(parameter: KemParameter | undefined): KemParameter {
  if (parameter === undefined) throw ck.CkError.mechanismParamInvalid("the parameter is a KyberKEMParm");
  return parameter;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_KYBER, {
    keyTypes: [ck.CKK_IBM_PQC_KYBER],
    nominal: [256, 256],
    flags: ck.CKF_GENERATE_KEY_PAIR | ck.CKF_DERIVE,
    parameterKeys: kemParameterKeys,
    controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_KYBER],
    family: kyber,
  }),
];
