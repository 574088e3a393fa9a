/** SLH-DSA (FIPS 205; PKCS #11 v3.2, 6.69). */
import { sign, verify } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { privateKeyObject, publicKeyObject } from "../../primitives/keys/key-objects.ts";
import type { Family } from "../family.ts";
import { SIGNATURE, slhDsaKeys } from "../key-properties.ts";
import { numberedKeyPairGen, rawPublicKey } from "../keygen/pqc-key-pair.ts";
import { type MechanismRow, row } from "../row.ts";
import { withAnyKey } from "./signing.ts";

/** Length of a signature in bytes, by the end of the parameter set's name. */
const SIGNATURE_BYTES: Readonly<Record<string, number>> = {
  "128s": 7856,
  "128f": 17088,
  "192s": 16224,
  "192f": 35664,
  "256s": 29792,
  "256f": 49856,
};

export const slhDsaKeyPairGen: Family<undefined> = {
  ...numberedKeyPairGen("slh-dsa", "standard"),
  cost: () => "generation",
};

/**
 * Signatures are always randomised, because Node offers nothing else. Throws CKR_MECHANISM_PARAM_INVALID if the parameter asks
 * for a deterministic signature, CKR_SIGNATURE_LEN_RANGE, CKR_PUBLIC_KEY_INVALID.
 */
export const slhDsa: Family<ReadBy<typeof ck.CKM_SLH_DSA>> = {
  cost: (method) => (method === "sign" ? "generation" : "worker"),
  requireKey(_key, { deterministic }) {
    if (deterministic) throw ck.CkError.mechanismParamInvalid("SLH-DSA signatures are always hedged here");
  },
  sign: (key, { context }, data) => new Uint8Array(sign(null, data, { key: privateKeyObject(key.value), context })),
  verify(key, { context }, data, signature) {
    const length = SIGNATURE_BYTES[rawPublicKey(key, "slh-dsa").set.name.slice(-4)]!;
    if (signature.length !== length) throw ck.CkError.signatureLenRange(length);
    return withAnyKey(() => verify(null, data, { key: publicKeyObject(key.value), context }, signature));
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_SLH_DSA_KEY_PAIR_GEN, { ...slhDsaKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: slhDsaKeyPairGen }),
  row(ck.CKM_SLH_DSA, { ...slhDsaKeys, flags: SIGNATURE, family: slhDsa }),
];
