/** CKM_IBM_BTC_DERIVE: hierarchical keys of BIP 32 and SLIP-0010 (docs/reference/ep11.md#hierarchical-keys). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import { curveIn } from "../../objects/named-curve.ts";
import { type Curve, ED25519, SECP256K1 } from "../../primitives/ec/curves.ts";
import { publicPoint } from "../../primitives/ec/ec-point.ts";
import * as slip10 from "../../primitives/ec/slip10.ts";
import type { Derived, Family } from "../family.ts";
import { ec } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { derivedPrivateKey, derivedPublicKey, pointOfKey, privateValueOf } from "./derived-pair-half.ts";

type BtcParameter = ReadBy<typeof ck.CKM_IBM_BTC_DERIVE>;

/** Lengths of a seed in bytes (BIP 32). */
const SEED_BYTES = { min: 16, max: 64 };

const BASE_CLASSES: Readonly<Record<BtcParameter["step"], number>> = {
  master: ck.CKO_SECRET_KEY,
  "private-to-private": ck.CKO_PRIVATE_KEY,
  "private-to-public": ck.CKO_PRIVATE_KEY,
  "public-to-public": ck.CKO_PUBLIC_KEY,
};

/**
 * The CheckSum of the response is the new key's chain code. Errors: CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_SIZE_RANGE for a seed,
 * CKR_CURVE_NOT_SUPPORTED, CKR_TEMPLATE_INCONSISTENT, CKR_MECHANISM_PARAM_INVALID for children that do not exist,
 * CKR_FUNCTION_FAILED for the rare children (one in 2^127) that BIP 32 leaves undefined.
 */
export const btcDerive: Family<BtcParameter> = {
  cost: (_method, key) => (key?.objectClass === ck.CKO_PUBLIC_KEY ? "worker" : "inline"),
  requireKey(key, { step }) {
    const keyType = step === "master" ? ck.CKK_GENERIC_SECRET : ck.CKK_EC;
    if (key.objectClass !== BASE_CLASSES[step] || key.keyType !== keyType) {
      throw ck.CkError.keyTypeInconsistent("the base key does not fit the derivation");
    }
    if (step === "master" && (key.value.length < SEED_BYTES.min || key.value.length > SEED_BYTES.max)) {
      throw ck.CkError.keySizeRange(`a seed has ${SEED_BYTES.min} to ${SEED_BYTES.max} bytes`);
    }
  },
  derive(baseKey, parameter, { template }) {
    switch (parameter.step) {
      case "master":
        return deriveMaster(baseKey!, parameter, template);
      case "public-to-public":
        return derivePublic(baseKey!, parameter, template);
      default:
        return derivePrivate(baseKey!, parameter, template);
    }
  },
};

function deriveMaster(seed: Key, parameter: BtcParameter, template: ck.Template): Derived {
  const scheme = resolveScheme(parameter, curveIn(template) ?? SECP256K1);
  const { value, chainCode } = requireKey(slip10.masterKey(scheme, seed.value));
  const key = derivedPrivateKey(template, scheme.curve, value);
  value.fill(0);
  return { key, checkSum: chainCode };
}

function derivePrivate(baseKey: Key, parameter: BtcParameter, template: ck.Template): Derived {
  const { curve, privateValue } = privateValueOf(baseKey);
  const scheme = resolveScheme(parameter, requireSameCurve(curve, template));
  const { index, chainCode, step } = parameter;
  if (curve === ED25519 && index < slip10.HARDENED) {
    throw ck.CkError.mechanismParamInvalid("keys on Ed25519 have hardened children only");
  }
  const child = requireKey(slip10.privateChild(scheme, { value: privateValue, chainCode }, index));
  const key =
    step === "private-to-private"
      ? derivedPrivateKey(template, curve, child.value)
      : derivedPublicKey(template, curve, publicPoint(curve, child.value));
  child.value.fill(0);
  // A child that is not hardened reveals its parent's private key (docs/reference/security.md#bip32-parents).
  return { key, checkSum: child.chainCode, revealsBase: step === "private-to-private" && index < slip10.HARDENED };
}

function derivePublic(baseKey: Key, parameter: BtcParameter, template: ck.Template): Derived {
  const { curve, point } = pointOfKey(baseKey);
  const scheme = resolveScheme(parameter, requireSameCurve(curve, template));
  if (curve === ED25519) throw ck.CkError.mechanismParamInvalid("public keys on Ed25519 have no children");
  const { index, chainCode } = parameter;
  const child = requireKey(slip10.publicChild(scheme, { value: point, chainCode }, index));
  return { key: derivedPublicKey(template, curve, child.value), checkSum: child.chainCode };
}

function resolveScheme({ standard }: BtcParameter, curve: Curve): slip10.HierarchicalScheme {
  const scheme = (standard === "BIP32" ? [slip10.BIP32] : slip10.SLIP10).find((each) => each.curve === curve);
  if (scheme !== undefined) return scheme;
  throw new ck.CkError(ck.CKR_CURVE_NOT_SUPPORTED, `${standard} derives no keys on ${curve.name}`);
}

/** Throws CKR_TEMPLATE_INCONSISTENT if the template names a curve that is not the curve of the parent. */
function requireSameCurve(curve: Curve, template: ck.Template): Curve {
  const asked = curveIn(template);
  if (asked === undefined || asked === curve) return curve;
  throw ck.CkError.templateInconsistent("CKA_EC_PARAMS names another curve than the base key's");
}

function requireKey(key: slip10.HierarchicalKey | undefined): slip10.HierarchicalKey {
  if (key === undefined) throw new ck.CkError(ck.CKR_FUNCTION_FAILED, "there is no such child; take the next number");
  return key;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_BTC_DERIVE, {
    keyTypes: [ck.CKK_EC, ck.CKK_GENERIC_SECRET],
    nominal: [16, 64],
    flags: ck.CKF_DERIVE,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_BTC],
    family: btcDerive,
  }),
];
