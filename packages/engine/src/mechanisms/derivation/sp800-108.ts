/** Key derivation in counter, feedback and double pipeline mode (NIST SP 800-108r1; PKCS #11 v3.2, 6.42). */
import * as ck from "@grep11/cryptoki";
import type { Sp800Part as SentPart, Sp800Parameter } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import { requirePresent } from "../../objects/template-values.ts";
import { deriveSp800, integerBytes, type Sp800Part } from "../../primitives/kdf/kdf-sp800-108.ts";
import type { Mac } from "../../primitives/mac/mac.ts";
import { cmacWith } from "../../primitives/mac/mac-cmac.ts";
import { hmacWith } from "../../primitives/mac/mac-hmac.ts";
import { blockBytesOf, cryptBlocks } from "../cipher/block-mode.ts";
import type { Family } from "../family.ts";
import { isForeignHmacKey, KDF_KEYS } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { secretFrom, secretShape } from "./derived-secret.ts";

/**
 * The key is a generic secret if the template has no type. Errors: CKR_KEY_TYPE_INCONSISTENT if the base key is for another
 * cipher or hash than the PRF, CKR_MECHANISM_PARAM_INVALID if the counter or length field has too few bits, those of
 * secretShape.
 */
export const sp800Kdf: Family<Sp800Parameter> = {
  requireKey(key, { prf }) {
    if (prf === "cmac" || prf === "des-cmac") {
      if ((blockBytesOf(key) === 16) === (prf === "cmac")) return;
      throw ck.CkError.keyTypeInconsistent("the base key is of another cipher than the CMAC");
    }
    if (isForeignHmacKey(key.keyType, prf)) {
      throw ck.CkError.keyTypeInconsistent("the base key belongs to another hash than the HMAC");
    }
  },
  derive(baseKey, parameter, { template }) {
    const shape = secretShape(template, ck.CKK_GENERIC_SECRET);
    const length = requirePresent(shape.length, ck.CKA_VALUE_LEN);
    const prf = prfWith(baseKey!, parameter);
    const parts = parameter.parts.map((part) => (part.kind === "length" ? lengthOf(part, prf, length) : part));
    requireCounters(parts, Math.ceil(length / prf.bytes));
    const bytes = deriveSp800(prf, parameter.mode, parts, length);
    return { key: secretFrom(bytes, shape, "leading") };
  },
};

function prfWith(key: Key, { prf }: Sp800Parameter): Mac {
  if (prf !== "cmac" && prf !== "des-cmac") return hmacWith(prf, key.value);
  return cmacWith(blockBytesOf(key), (iv, blocks) => cryptBlocks("encrypt", key, iv, blocks));
}

function lengthOf(
  { of, bytes, littleEndian }: Extract<SentPart, { kind: "length" }>,
  prf: Mac,
  length: number,
): Sp800Part {
  const bits = 8 * (of === "key" ? length : Math.ceil(length / prf.bytes) * prf.bytes);
  if (bits >= 256 ** bytes) throw ck.CkError.mechanismParamInvalid("the length does not fit its bits");
  return { kind: "fixed", value: integerBytes(bits, bytes, littleEndian) };
}

function requireCounters(parts: readonly Sp800Part[], blocks: number): void {
  if (parts.some((part) => part.kind === "counter" && blocks >= 256 ** part.bytes)) {
    throw ck.CkError.mechanismParamInvalid("the counter does not fit its bits");
  }
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_SP800_108_COUNTER_KDF, { keyTypes: KDF_KEYS, flags: ck.CKF_DERIVE, family: sp800Kdf }),
  row(ck.CKM_SP800_108_FEEDBACK_KDF, { keyTypes: KDF_KEYS, flags: ck.CKF_DERIVE, family: sp800Kdf }),
  row(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF, { keyTypes: KDF_KEYS, flags: ck.CKF_DERIVE, family: sp800Kdf }),
];
