import * as ck from "@grep11/cryptoki";
import type { KeyMaterial } from "../../objects/key.ts";
import { isUsableSecret, requireSecretLength, resolveSecretKeyRules, withOddParity } from "../../objects/key-types.ts";
import { numberIn, requireClass, requirePresent } from "../../objects/template-values.ts";

export interface SecretShape {
  readonly keyType: number;
  /** Length in bytes; undefined if the template does not fix it. */
  readonly length: number | undefined;
}

/**
 * Returns the type and length that the template asks for. Without `defaultKeyType`, CKA_KEY_TYPE is required. A type with
 * several lengths needs CKA_VALUE_LEN. For a DES type CKA_VALUE_LEN is ignored, as EP11 does. Errors: CKR_TEMPLATE_INCOMPLETE,
 * CKR_TEMPLATE_INCONSISTENT, CKR_KEY_SIZE_RANGE.
 */
export function secretShape(template: ck.Template, defaultKeyType?: number): SecretShape {
  requireClass(template, ck.CKO_SECRET_KEY);
  const keyType = numberIn(template, ck.CKA_KEY_TYPE) ?? requirePresent(defaultKeyType, ck.CKA_KEY_TYPE);
  const rules = resolveSecretKeyRules(keyType);
  if (rules.lengths?.length === 1) return { keyType, length: rules.lengths[0] };
  const length = numberIn(template, ck.CKA_VALUE_LEN);
  if (length === undefined || length === 0) {
    if (rules.lengths !== undefined) throw ck.CkError.templateIncomplete(ck.CKA_VALUE_LEN);
    return { keyType, length: undefined };
  }
  requireSecretLength(rules, length);
  return { keyType, length };
}

/**
 * Makes a key from the leading or the trailing part of `bytes`, and wipes `bytes`. If the shape has no length, all
 * bytes become the key. Throws CKR_TEMPLATE_INCONSISTENT if `bytes` is too short, CKR_FUNCTION_FAILED for an AES-XTS
 * key whose halves are equal (PKCS #11 v3.2, 5.18.5, 6.3.17 and 6.4.10;
 * docs/reference/decisions.md#null-kdf-truncation).
 */
export function secretFrom(bytes: Uint8Array, shape: SecretShape, keep: "leading" | "trailing"): KeyMaterial {
  const length = shape.length ?? bytes.length;
  if (length > bytes.length) {
    throw ck.CkError.templateInconsistent(`the derivation gives ${bytes.length} bytes, not ${length}`);
  }
  const rules = resolveSecretKeyRules(shape.keyType);
  requireSecretLength(rules, length);
  const value = keep === "leading" ? bytes.slice(0, length) : bytes.slice(bytes.length - length);
  bytes.fill(0);
  if (!isUsableSecret(rules, value)) {
    value.fill(0);
    throw new ck.CkError(ck.CKR_FUNCTION_FAILED, "the derivation gives a key that no mechanism takes");
  }
  return {
    objectClass: ck.CKO_SECRET_KEY,
    keyType: shape.keyType,
    value: rules.parity ? withOddParity(value) : value,
  };
}
