/** CKM_IBM_ETH_DERIVE: hierarchical keys of EIP-2333 on BLS12-381 (docs/reference/ep11.md#hierarchical-keys). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { curveIn } from "../../objects/named-curve.ts";
import { BLS12_381, SECP256K1 } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import { eip2333ChildKey, eip2333MasterKey } from "../../primitives/ec/eip2333.ts";
import type { Family } from "../family.ts";
import { ec } from "../key-properties.ts";
import { requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";
import { derivedPrivateKey, derivedPublicKey, privateValueOf } from "./derived-pair-half.ts";

/** EIP-2333 requires this minimum length. */
const MIN_SEED_BYTES = 32;
/** Keys that EIP-2333 derives have neither a check value nor a chain code, so their CheckSum is empty. */
const NO_CHECK_SUM = new Uint8Array(0);

/**
 * Derives a master key from a seed, or a child key from its parent. Errors:
 * - CKR_KEY_TYPE_INCONSISTENT if the base key is neither a seed nor a private EC key, as the step requires,
 * - CKR_KEY_SIZE_RANGE if the seed is too short,
 * - CKR_MECHANISM_INVALID if the parent is not on BLS12-381,
 * - CKR_CURVE_NOT_SUPPORTED if the template asks for a curve other than BLS12-381 or secp256k1,
 * - CKR_TEMPLATE_INCONSISTENT if the template asks for another class or type of key.
 */
export const ethDerive: Family<ReadBy<typeof ck.CKM_IBM_ETH_DERIVE>> = {
  cost: () => "worker",
  requireKey(key, { step }) {
    const fits =
      step === "master"
        ? key.objectClass === ck.CKO_SECRET_KEY && key.keyType === ck.CKK_GENERIC_SECRET
        : key.objectClass === ck.CKO_PRIVATE_KEY && key.keyType === ck.CKK_EC;
    if (!fits) throw ck.CkError.keyTypeInconsistent("the base key does not fit the derivation");
    if (step !== "master") requireCurve(key, (curve) => curve === BLS12_381, BLS12_381.name);
    else if (key.value.length < MIN_SEED_BYTES)
      throw ck.CkError.keySizeRange(`a seed has ${MIN_SEED_BYTES} bytes or more`);
  },
  derive(baseKey, { step, index, keyInfo }, { template }) {
    requireBlsCurve(template);
    const value =
      step === "master"
        ? eip2333MasterKey(baseKey!.value, keyInfo)
        : eip2333ChildKey(privateValueOf(baseKey!).privateValue, index, keyInfo);
    const key =
      step === "private-to-public"
        ? derivedPublicKey(template, BLS12_381, publicPoint(BLS12_381, value))
        : derivedPrivateKey(template, BLS12_381, value);
    value.fill(0);
    return { key, checkSum: NO_CHECK_SUM };
  },
};

/** Accepts secp256k1 too, because IBM's own sample names it. The derived key is on BLS12-381 in either case. */
function requireBlsCurve(template: ck.Template): void {
  const asked = curveIn(template);
  if (asked === undefined || asked === BLS12_381 || asked === SECP256K1) return;
  throw new ck.CkError(ck.CKR_CURVE_NOT_SUPPORTED, `EIP-2333 derives no keys on ${asked.name}`);
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_ETH_DERIVE, {
    keyTypes: [ck.CKK_EC, ck.CKK_GENERIC_SECRET],
    nominal: [32, 256],
    flags: ck.CKF_DERIVE,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_BTC, ck.XCP_CPB_ALG_EC_PAIRING_FRIENDLY],
    family: ethDerive,
  }),
];
