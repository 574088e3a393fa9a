/** SetAttributeValue: which booleans can be changed, and in which direction (docs/reference/ep11.md#attribute-changes). */
import * as ck from "@grep11/cryptoki";
import { BOOLEAN_BITS, hasBoolean, withBoolean } from "./booleans.ts";
import { readAttribute, readableAttributes } from "./describe.ts";
import type { Key } from "./key.ts";
import type { Policy } from "./policy/policy.ts";
import { isWithheld, requireSeparatedRights, requireSettledPurpose } from "./policy/policy-rules.ts";
import { withEp11Rights } from "./standard-names.ts";
import { requireNoSession } from "./template-values.ts";

/** Booleans that can be changed: in both directions, only `down` (from true to false), or only `up`. */
export const CHANGES: ReadonlyMap<number, "both" | "down" | "up"> = new Map([
  [ck.CKA_EXTRACTABLE, "down"],
  [ck.CKA_MODIFIABLE, "down"],
  [ck.CKA_IBM_PROTKEY_EXTRACTABLE, "down"],
  [ck.CKA_TRUSTED, "both"],
  [ck.CKA_ENCRYPT, "both"],
  [ck.CKA_DECRYPT, "both"],
  [ck.CKA_SIGN, "both"],
  [ck.CKA_VERIFY, "both"],
  [ck.CKA_WRAP, "both"],
  [ck.CKA_UNWRAP, "both"],
  [ck.CKA_DERIVE, "both"],
  [ck.CKA_IBM_USE_AS_DATA, "both"],
  [ck.CKA_WRAP_WITH_TRUSTED, "up"],
  [ck.CKA_IBM_RESTRICTABLE, "up"],
]);

/**
 * Booleans that restrict a key while they are set. A key with CKA_IBM_RESTRICTABLE can only be restricted further:
 * callers can only set these booleans, and can only clear all others.
 */
const RESTRICTIONS: ReadonlySet<number> = new Set([ck.CKA_WRAP_WITH_TRUSTED, ck.CKA_IBM_RESTRICTABLE]);

/**
 * Returns `key` with the booleans of `changes`; a right that is removed stays in the key's history. Errors:
 * - CKR_ATTRIBUTE_TYPE_INVALID for anything but a boolean of the key,
 * - CKR_ACTION_PROHIBITED if CKA_MODIFIABLE is false,
 * - CKR_ATTRIBUTE_READ_ONLY for a change that is not allowed,
 * - CKR_IBM_SESSION_IMMUTABLE for a login session,
 * - CKR_TEMPLATE_INCONSISTENT if two names of the same right have different values,
 * - CKR_FUNCTION_CANCELED if the policy forbids the result.
 */
export function changeKey(key: Key, changes: ck.Template, policy: Policy): Key {
  requireNoSession(changes);
  let { booleans } = key;
  for (const [attribute, value] of withEp11Rights(changes, key)) {
    if (ck.attributeKind(attribute) !== "boolean" || typeof value !== "boolean") {
      throw ck.CkError.attributeTypeInvalid(attribute);
    }
    if (presentValue(key, attribute) === value) continue;
    requireChange(key, attribute, value, policy);
    booleans = withBoolean(booleans, attribute, value);
  }
  const changed = { ...key, booleans, everSet: (key.everSet | booleans) >>> 0 };
  requireSeparatedRights(policy, changed);
  return changed;
}

/** Returns the present value. Booleans without a bit, such as CKA_SENSITIVE, are the same for all keys of a class. */
function presentValue(key: Key, attribute: number): ck.AttributeValue {
  return BOOLEAN_BITS.has(attribute)
    ? hasBoolean(key.booleans, attribute)
    : readAttribute(key, attribute, readableAttributes(key));
}

/** CKA_IBM_ATTRBOUND is fixed when a key is made, but callers may set it on public keys if the policy allows it. */
function directionOf(key: Key, attribute: number, policy: Policy): "both" | "down" | "up" | undefined {
  if (attribute !== ck.CKA_IBM_ATTRBOUND) return CHANGES.get(attribute);
  return key.objectClass === ck.CKO_PUBLIC_KEY && policy.allows(ck.XCP_CPB_USER_SET_ATTRBOUND) ? "up" : undefined;
}

function requireChange(key: Key, attribute: number, value: boolean, policy: Policy): void {
  if (!hasBoolean(key.booleans, ck.CKA_MODIFIABLE)) {
    throw ck.CkError.actionProhibited("the key was made with CKA_MODIFIABLE false");
  }
  const way = directionOf(key, attribute, policy);
  if (value && isWithheld(key, key.booleans, attribute)) throw ck.CkError.attributeReadOnly(attribute);
  const openToAll =
    key.objectClass === ck.CKO_PUBLIC_KEY && (attribute === ck.CKA_ENCRYPT || attribute === ck.CKA_VERIFY);
  if (way === undefined || openToAll || (way === "down" && value) || (way === "up" && !value)) {
    throw ck.CkError.attributeReadOnly(attribute);
  }
  if (value) requireSettledPurpose(policy, key, attribute);
  const restricted = hasBoolean(key.booleans, ck.CKA_IBM_RESTRICTABLE);
  if (restricted && value !== RESTRICTIONS.has(attribute)) throw ck.CkError.attributeReadOnly(attribute);
  if (attribute === ck.CKA_TRUSTED && value && !policy.allows(ck.XCP_CPB_USER_SET_TRUSTED)) {
    throw ck.CkError.functionCanceled("only an administrator can make a key trusted");
  }
}
