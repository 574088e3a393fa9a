/** CKM_IBM_DILITHIUM: key pairs and signatures of rounds 2 and 3 (docs/reference/ep11.md#post-quantum). */

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
import { verifyAfterSign } from "./verify-after-sign.ts";

/** IBM's documented default. */
const DEFAULT_SET = pqcSet("round2-65");
/** How many random bytes are mixed into a signature. */
const HEDGE_BYTES = 32;

/**
 * CKA_IBM_PQC_PARAMS names the parameter set; default: round 2, 6-5. Signatures are randomised, so two signatures of the same
 * message differ. Errors: CKR_IBM_PQC_PARAMS_NOT_SUPPORTED, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_VALUE_INVALID,
 * CKR_SIGNATURE_LEN_RANGE.
 */
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
