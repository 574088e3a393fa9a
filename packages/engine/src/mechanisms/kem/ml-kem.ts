/** ML-KEM (FIPS 203) with IBM's and the standard's mechanism numbers. */
import * as ck from "@grep11/cryptoki";
import { privateKeyObject, publicKeyObject } from "../../primitives/keys/key-objects.ts";
import type { MlKemSet } from "../../primitives/lattice/pqc-sets.ts";
import { decapsulate, encapsulate } from "../../primitives/openssl/node-crypto.ts";
import type { Family } from "../family.ts";
import { mlKemKeys } from "../key-properties.ts";
import { numberedKeyPairGen, rawPrivateKey } from "../keygen/pqc-key-pair.ts";
import { type MechanismRow, row } from "../row.ts";
import { withAnyKey } from "../signature/signing.ts";
import { deriveByKem, type Kem, type KemParameter, kemParameterKeys, requireKemKey } from "./kem.ts";

const CIPHERTEXT_BYTES: Readonly<Record<MlKemSet["name"], number>> = {
  "ml-kem-512": 768,
  "ml-kem-768": 1088,
  "ml-kem-1024": 1568,
};

const KEM: Kem = {
  encapsulate(key) {
    const { ciphertext, sharedKey } = withAnyKey(() => encapsulate!(publicKeyObject(key.value)));
    return { ciphertext: new Uint8Array(ciphertext), sharedSecret: new Uint8Array(sharedKey) };
  },
  decapsulate(key, ciphertext) {
    const { set } = rawPrivateKey(key, "ml-kem");
    if (ciphertext.length !== CIPHERTEXT_BYTES[set.name]) return undefined;
    return new Uint8Array(decapsulate!(privateKeyObject(key.value), ciphertext));
  },
};

export const mlKemKeyPairGen: Family<undefined> = numberedKeyPairGen("ml-kem", "standard");
const ibmMlKemKeyPairGen: Family<undefined> = numberedKeyPairGen("ml-kem", "ibm");

/** Throws the errors of requireKemKey and deriveByKem, and CKR_PUBLIC_KEY_INVALID. */
export const mlKem: Family<KemParameter> = {
  requireKey: requireKemKey,
  derive: (baseKey, parameter, input, random) => deriveByKem(KEM, baseKey!, parameter, input, random),
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, { ...mlKemKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: ibmMlKemKeyPairGen }),
  row(ck.CKM_ML_KEM_KEY_PAIR_GEN, { ...mlKemKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: mlKemKeyPairGen }),
  row(ck.CKM_IBM_ML_KEM, { ...mlKemKeys, flags: ck.CKF_DERIVE, parameterKeys: kemParameterKeys, family: mlKem }),
  row(ck.CKM_ML_KEM, { ...mlKemKeys, flags: ck.CKF_DERIVE, parameterKeys: kemParameterKeys, family: mlKem }),
];
