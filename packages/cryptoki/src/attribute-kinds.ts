/**
 * Defines which kind of value each attribute has. PKCS #11 defines one type for each CKA_*, but GREP11 clients choose one of
 * three types for each value they send. Received values are converted to the kind defined here.
 */
import { BOOLEAN_ATTRIBUTES, INTEGER_ATTRIBUTES } from "./gen/attribute-kinds.ts";

/** `boolean` is CK_BBOOL, `integer` is CK_ULONG, and `bytes` is a byte array, big integer, string or date. */
export type AttributeKind = "boolean" | "integer" | "bytes";

/** Returns the kind of `attribute`'s value; `bytes` for unknown attributes, whose values may be of any kind. */
export function attributeKind(attribute: number): AttributeKind {
  if (BOOLEAN_ATTRIBUTES.has(attribute)) return "boolean";
  return INTEGER_ATTRIBUTES.has(attribute) ? "integer" : "bytes";
}
