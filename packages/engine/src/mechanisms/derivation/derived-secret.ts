/**
 * The secret key that a derivation makes from derived bytes: which type and length the template asks for, and which end of
 * the bytes is kept (PKCS #11 v3.2, 5.18.5 and, for the end, 6.3.17 and 6.4.10;
 * docs/reference/decisions.md#null-kdf-truncation).
 */
import * as ck from "@grep11/cryptoki";
import type { KeyMaterial } from "../../objects/key.ts";
import { isUsableSecret, requireSecretLength, resolveSecretKeyRules, withOddParity } from "../../objects/key-types.ts";
import { numberIn, requireClass, requirePresent } from "../../objects/template-values.ts";

/** Type and length of a wanted secret. */
export interface SecretShape {
  readonly keyType: number;
  /** In bytes; undefined: the template leaves it open (generic secrets without CKA_VALUE_LEN). */
  readonly length: number | undefined;
}

/**
 * What the template asks for. CKA_KEY_TYPE defaults to `defaultKeyType`; without a default its absence is
 * CKR_TEMPLATE_INCOMPLETE. A type with several lengths needs CKA_VALUE_LEN; DES ignores it, as EP11 does.
 * Errors: CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT, CKR_KEY_SIZE_RANGE.
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
 * The key of `shape` cut from `bytes`: the `leading` bytes or the `trailing` ones; all of them where the length is open.
 * Throws CKR_TEMPLATE_INCONSISTENT when more is asked for than was derived, CKR_FUNCTION_FAILED for an AES-XTS key of two equal
 * halves.
 */
export function secretFrom(bytes: Uint8Array, shape: SecretShape, keep: "leading" | "trailing"): KeyMaterial {
  const length = shape.length ?? bytes.length;
  if (length > bytes.length) {
    throw ck.CkError.templateInconsistent(`the derivation gives ${bytes.length} bytes, not ${length}`);
  }
  const rules = resolveSecretKeyRules(shape.keyType);
  requireSecretLength(rules, length);
  const value = keep === "leading" ? bytes.slice(0, length) : bytes.slice(bytes.length - length);
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
