/** CKM_IBM_DILITHIUM: Dilithium of rounds 2 and 3 of NIST's competition (docs/reference/ep11.md#post-quantum). */
import * as ck from "@grep11/cryptoki";
import { namedSetIn } from "../../objects/parameter-sets.ts";
import { dilithiumSign, dilithiumVerify } from "../../primitives/lattice/dilithium.ts";
import { DILITHIUM, dilithiumLengths } from "../../primitives/lattice/dilithium-parameters.ts";
import { dilithiumPublicParts, dilithiumSecretParts } from "../../primitives/lattice/pqc-keys.ts";
import { pqcSet } from "../../primitives/lattice/pqc-sets.ts";
import type { Family } from "../family.ts";
import { SIGNATURE } from "../key-properties.ts";
import { newKeyPair, rawPrivateKey, rawPublicKey } from "../keygen/pqc-key-pair.ts";
import { type MechanismRow, row } from "../row.ts";
import { verifyAfterSign } from "./signing.ts";

/** The default that IBM documents. */
const DEFAULT_SET = pqcSet("round2-65");
const HEDGE_BYTES = 32;

/** Two signatures of the same message differ. Errors: those of namedSetIn, CKR_SIGNATURE_LEN_RANGE. */
export const dilithium: Family<undefined> = {
  cost: () => "worker",
  generateKeyPair(_parameter, publicTemplate, privateTemplate, random) {
    return newKeyPair(namedSetIn([publicTemplate, privateTemplate], DEFAULT_SET), random);
  },
  sign(key, _parameter, data, random) {
    const { set, privateKey, publicKey } = rawPrivateKey(key, "dilithium");
    const parameters = DILITHIUM[set.name];
    const secret = dilithiumSecretParts(parameters, privateKey);
    return verifyAfterSign(dilithiumSign(parameters, secret, data, random(HEDGE_BYTES)), (signature) =>
      dilithiumVerify(parameters, dilithiumPublicParts(publicKey), data, signature),
    );
  },
  verify(key, _parameter, data, signature) {
    const { set, publicKey } = rawPublicKey(key, "dilithium");
    const parameters = DILITHIUM[set.name];
    const { signature: length } = dilithiumLengths(parameters);
    if (signature.length !== length) throw ck.CkError.signatureLenRange(length);
    return dilithiumVerify(parameters, dilithiumPublicParts(publicKey), data, signature);
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_DILITHIUM, {
    keyTypes: [ck.CKK_IBM_PQC_DILITHIUM],
    nominal: [256, 256],
    flags: SIGNATURE | ck.CKF_GENERATE_KEY_PAIR,
    controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_DILITHIUM],
    family: dilithium,
  }),
];
