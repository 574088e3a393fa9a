/** CKM_IBM_EC_AGGREGATE: sums of BLS signatures and of BLS public keys (docs/reference/ep11.md#bls). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { curveIn } from "../../objects/named-curve.ts";
import { blsAggregatePublicKeys, blsAggregateSignatures } from "../../primitives/ec/bls.ts";
import { BLS12_381 } from "../../primitives/ec/curves.ts";
import type { Family } from "../family.ts";
import { type MechanismRow, row } from "../row.ts";
import { derivedPublicKey, pointOfKey } from "./derived-pair-half.ts";

/** A public key has no check value, so its CheckSum is empty. */
const NO_CHECK_SUM = new Uint8Array(0);

/**
 * Ignores the key and the data, because the parameter contains all input. A signature by a sum of public keys proves something
 * about each owner only if all of them have proved possession of their private keys. Errors: CKR_MECHANISM_PARAM_INVALID for
 * invalid elements and sums that are zero; CKR_TEMPLATE_INCONSISTENT.
 */
export const ecAggregate: Family<ReadBy<typeof ck.CKM_IBM_EC_AGGREGATE>> = {
  cost: () => "worker",
  sign(_key, { of, elements }) {
    const sum = of === "signatures" ? blsAggregateSignatures(elements) : undefined;
    if (sum === undefined)
      throw ck.CkError.mechanismParamInvalid("the elements are not BLS signatures, or they cancel out");
    return sum;
  },
  derive(_baseKey, { of }, { template, parameterKeys }) {
    if (of !== "public-keys") throw ck.CkError.mechanismParamInvalid("only public keys are derived");
    if ((curveIn(template) ?? BLS12_381) !== BLS12_381) {
      throw ck.CkError.templateInconsistent("CKA_EC_PARAMS does not name the curve of the elements");
    }
    const points = parameterKeys.map((key) => {
      const parsed = key.objectClass === ck.CKO_PUBLIC_KEY ? pointOfKey(key) : undefined;
      if (parsed?.curve !== BLS12_381) throw ck.CkError.mechanismParamInvalid("the elements are not BLS public keys");
      return parsed.point;
    });
    const sum = blsAggregatePublicKeys(points);
    if (sum === undefined)
      throw ck.CkError.mechanismParamInvalid("the elements are not valid BLS public keys, or they cancel out");
    return { key: derivedPublicKey(template, BLS12_381, sum), checkSum: NO_CHECK_SUM };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_EC_AGGREGATE, {
    flags: ck.CKF_SIGN | ck.CKF_DERIVE,
    shape: "single-only",
    parameterKeys: ({ of, elements }) => (of === "public-keys" ? elements : []),
    controlPoints: [ck.XCP_CPB_ALG_EC_PAIRING_FRIENDLY],
    family: ecAggregate,
  }),
];
