import * as ck from "@grep11/cryptoki";
import type { Policy } from "./policy/policy.ts";
import { booleanIn, requireNoSession } from "./template-values.ts";

/** Attributes that only the HSM sets: a key's history, its unique id and its value. A template must not have them. */
const READ_ONLY: ReadonlySet<number> = new Set([
  ck.CKA_LOCAL,
  ck.CKA_NEVER_EXTRACTABLE,
  ck.CKA_ALWAYS_SENSITIVE,
  ck.CKA_KEY_GEN_MECHANISM,
  ck.CKA_IBM_NEVER_MODIFIABLE,
  ck.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE,
  ck.CKA_IBM_MACED_PUBLIC_KEY_INFO,
  ck.CKA_UNIQUE_ID,
  ck.CKA_VALUE,
  ck.CKA_SEED,
  ck.CKA_PRIVATE_EXPONENT,
  ck.CKA_PRIME_1,
  ck.CKA_PRIME_2,
  ck.CKA_EXPONENT_1,
  ck.CKA_EXPONENT_2,
  ck.CKA_COEFFICIENT,
]);

/** Restrictions of PKCS #11 and EP11 that the engine does not enforce. */
const UNENFORCED: ReadonlySet<number> = new Set([
  ck.CKA_ALLOWED_MECHANISMS,
  ck.CKA_ALWAYS_AUTHENTICATE,
  ck.CKA_DERIVE_TEMPLATE,
  ck.CKA_END_DATE,
  ck.CKA_START_DATE,
  ck.CKA_UNWRAP_TEMPLATE,
  ck.CKA_WRAP_TEMPLATE,
]);

/**
 * Throws unless every attribute may be in a template, whatever the template is for:
 * - CKR_ATTRIBUTE_READ_ONLY for attributes that only the HSM sets,
 * - CKR_ATTRIBUTE_VALUE_INVALID for a value of the wrong kind,
 * - CKR_IBM_SESSION_IMMUTABLE for a login session,
 * - CKR_ATTRIBUTE_TYPE_INVALID for unknown or unenforced attributes, if the policy refuses them,
 * - CKR_FUNCTION_CANCELED if the policy forbids a value.
 */
export function requireLegalTemplate(policy: Policy, template: ck.Template): void {
  requireNoSession(template);
  for (const [attribute, value] of template) {
    if (READ_ONLY.has(attribute)) throw ck.CkError.attributeReadOnly(attribute);
    if (policy.refusesUnknownAttributes && (!ck.isKnownAttribute(attribute) || isUnenforced(attribute, value))) {
      throw ck.CkError.attributeTypeInvalid(attribute);
    }
    requireKind(attribute, value);
  }
  if (template.get(ck.CKA_TRUSTED) === true && !policy.allows(ck.XCP_CPB_USER_SET_TRUSTED)) {
    throw ck.CkError.functionCanceled("only an administrator can make a key trusted");
  }
  const combined = template.get(ck.CKA_EXTRACTABLE) === true && template.get(ck.CKA_IBM_PROTKEY_EXTRACTABLE) === true;
  if (combined && !policy.allows(ck.XCP_CPB_ALLOW_COMBINED_EXTRACT)) {
    throw ck.CkError.functionCanceled("a key cannot have both CKA_EXTRACTABLE and CKA_IBM_PROTKEY_EXTRACTABLE");
  }
}

/** Whether the template asks for a restriction that the HSM would not enforce. */
function isUnenforced(attribute: number, value: ck.AttributeValue): boolean {
  const asks = value === true || (value instanceof Uint8Array && value.some((byte) => byte !== 0));
  return UNENFORCED.has(attribute) && asks;
}

function requireKind(attribute: number, value: ck.AttributeValue): void {
  const kind = ck.attributeKind(attribute);
  const fits =
    kind === "boolean"
      ? typeof value === "boolean"
      : kind === "integer"
        ? typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        : true;
  if (!fits) throw ck.CkError.attributeValueInvalid(attribute, `must be a ${kind}`);
}

/** Throws CKR_TEMPLATE_INCONSISTENT unless both halves of a pair are attribute-bound or neither is. */
export function requireSameBinding(publicTemplate: ck.Template, privateTemplate: ck.Template): void {
  const [inPublic, inPrivate] = [publicTemplate, privateTemplate].map(
    (template) => booleanIn(template, ck.CKA_IBM_ATTRBOUND) ?? false,
  );
  if (inPublic !== inPrivate) {
    throw ck.CkError.templateInconsistent("CKA_IBM_ATTRBOUND differs between the halves of the pair");
  }
}
