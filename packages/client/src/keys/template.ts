/** Builds templates from the C names of attributes. */

import * as ck from "@grep11/cryptoki";

/** The C name of an attribute, such as `"CKA_VALUE_LEN"`. */
export type AttributeName = Extract<keyof typeof ck, `CKA_${string}`>;

/** Attributes by C name. Attributes whose value is undefined are omitted. */
export type NamedAttributes = { readonly [Name in AttributeName]?: ck.AttributeValue | undefined };

/**
 * Returns the template for `attributes`, as in `template({ CKA_ENCRYPT: true, CKA_VALUE_LEN: 32 })`. Errors:
 * CKR_ATTRIBUTE_TYPE_INVALID for an unknown name, and CKR_ATTRIBUTE_VALUE_INVALID for a value of the wrong type (see
 * `attributeKind`).
 */
export function template(attributes: NamedAttributes): ck.Template {
  const result = new Map<number, ck.AttributeValue>();
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const attribute = ck.ckaNumber(name);
    if (attribute === undefined) throw new ck.CkError(ck.CKR_ATTRIBUTE_TYPE_INVALID, `${name} is not an attribute`);
    requireKind(attribute, value);
    result.set(attribute, value);
  }
  return result;
}

function requireKind(attribute: number, value: ck.AttributeValue): void {
  const kind = ck.attributeKind(attribute);
  if (kind === "boolean" && typeof value === "boolean") return;
  if (kind === "integer" && typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return;
  if (kind === "bytes" && value instanceof Uint8Array) return;
  throw ck.CkError.attributeValueInvalid(attribute, `takes ${EXPECTED[kind]}`);
}

const EXPECTED = {
  boolean: "true or false",
  integer: "a non-negative integer",
  bytes: "a Uint8Array",
} as const;
