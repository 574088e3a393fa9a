import * as ck from "@grep11/cryptoki";
import { requireAssertedAttributes, wantsNoCheckValue } from "./asserted-attributes.ts";
import { ALL_BOOLEANS, hasBoolean } from "./booleans.ts";
import { carriedBooleans, newBooleans, type Origin } from "./initial-booleans.ts";
import { impliedUid, type Key, type KeyMaterial, NO_SESSION } from "./key.ts";
import { alwaysSensitive } from "./key-properties.ts";
import { requireAllowedMaterial } from "./policy/allowed-material.ts";
import { requireSeparatedRights } from "./policy/policy-rules.ts";
import { requireCurveOfType, withEp11Rights } from "./standard-names.ts";
import { booleanIn } from "./template-values.ts";

/** Types of keys that can be attribute-bound (docs/reference/ep11.md#attribute-bound). */
const BINDABLE: ReadonlySet<number> = new Set([
  ck.CKK_AES,
  ck.CKK_DES2,
  ck.CKK_DES3,
  ck.CKK_GENERIC_SECRET,
  ck.CKK_RSA,
  ck.CKK_EC,
  ck.CKK_DSA,
  ck.CKK_DH,
]);

/**
 * Returns `material` as a key with attributes. The template must have passed {@link requireLegalTemplate}. Errors:
 * CKR_FUNCTION_CANCELED for keys that the policy forbids, CKR_TEMPLATE_INCONSISTENT, those of requireAssertedAttributes.
 */
export function createKey(material: KeyMaterial, asked: ck.Template, origin: Origin): Key {
  requireCurveOfType(asked, material);
  const template = withEp11Rights(asked, material);
  const booleans =
    origin.bound === undefined ? newBooleans(material, template, origin) : carriedBooleans(material, origin);
  const key: Key = {
    objectClass: material.objectClass,
    keyType: material.keyType,
    value: material.value,
    booleans,
    everSet: ((origin.bound?.everSet ?? 0) & ALL_BOOLEANS) | booleans,
    uid: material.objectClass === ck.CKO_PUBLIC_KEY ? impliedUid(material) : origin.uid,
    session: NO_SESSION,
    attributes: storedAttributes(material, template, origin),
  };
  requireAssertedAttributes(template, key);
  if (hasBoolean(booleans, ck.CKA_IBM_ATTRBOUND)) requireBindable(key, template);
  requireAllowedMaterial(origin.policy, key);
  requireSeparatedRights(origin.policy, key);
  return key;
}

/** Returns the attributes of a key that follow neither from its booleans nor from its value. */
function storedAttributes({ objectClass }: KeyMaterial, template: ck.Template, origin: Origin): ck.Template {
  const attributes = new Map<number, ck.AttributeValue>();
  if (origin.origin === "generate") attributes.set(ck.CKA_KEY_GEN_MECHANISM, origin.mechanism);
  const { base, revealed = [] } = origin;
  const derived = origin.origin === "derive" && objectClass !== ck.CKO_PUBLIC_KEY && base !== undefined;
  if (derived && [base, ...revealed].every(alwaysSensitive)) attributes.set(ck.CKA_ALWAYS_SENSITIVE, true);
  if (objectClass === ck.CKO_SECRET_KEY && wantsNoCheckValue(template))
    attributes.set(ck.CKA_CHECK_VALUE, new Uint8Array(0));
  return attributes;
}

/** Throws CKR_TEMPLATE_INCONSISTENT if the key's type cannot be attribute-bound, or the template has CKA_SENSITIVE false. */
function requireBindable(key: Key, template: ck.Template): void {
  if (!BINDABLE.has(key.keyType)) throw ck.CkError.templateInconsistent("keys of this type cannot be attribute-bound");
  if (key.objectClass !== ck.CKO_PUBLIC_KEY && booleanIn(template, ck.CKA_SENSITIVE) === false) {
    throw ck.CkError.templateInconsistent("an attribute-bound key cannot have CKA_SENSITIVE false");
  }
}
