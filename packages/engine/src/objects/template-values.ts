/** Reads single values from a template. A value of the wrong kind causes CKR_ATTRIBUTE_VALUE_INVALID. */
import * as ck from "@grep11/cryptoki";

export function booleanIn(template: ck.Template, attribute: number): boolean | undefined {
  const value = template.get(attribute);
  if (value === undefined || typeof value === "boolean") return value;
  throw ck.CkError.attributeValueInvalid(attribute, "must be a boolean");
}

/** Returns the CK_ULONG `attribute`; undefined if the template does not have it. */
export function numberIn(template: ck.Template, attribute: number): number | undefined {
  const value = template.get(attribute);
  if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)) return value;
  throw ck.CkError.attributeValueInvalid(attribute, "must be a number");
}

export function bytesIn(template: ck.Template, attribute: number): Uint8Array | undefined {
  const value = template.get(attribute);
  if (value === undefined || value instanceof Uint8Array) return value;
  throw ck.CkError.attributeValueInvalid(attribute, "must be a byte string");
}

export function requirePresent<T>(value: T | undefined, attribute: number): T {
  if (value === undefined) throw ck.CkError.templateIncomplete(attribute);
  return value;
}

export function requireClass(template: ck.Template, objectClass: number): void {
  const asked = numberIn(template, ck.CKA_CLASS);
  if (asked !== undefined && asked !== objectClass) {
    throw ck.CkError.templateInconsistent("CKA_CLASS contradicts the mechanism");
  }
}

/** Maps the standard's key types to EP11's (docs/reference/ep11.md#standard-names): keys on any curve are CKK_EC. */
const EP11_KEY_TYPES: ReadonlyMap<number, number> = new Map([
  [ck.CKK_EC_EDWARDS, ck.CKK_EC],
  [ck.CKK_EC_MONTGOMERY, ck.CKK_EC],
  [ck.CKK_ML_DSA, ck.CKK_IBM_ML_DSA],
  [ck.CKK_ML_KEM, ck.CKK_IBM_ML_KEM],
]);

export function keyTypeIn(template: ck.Template): number | undefined {
  const asked = numberIn(template, ck.CKA_KEY_TYPE);
  return asked === undefined ? undefined : (EP11_KEY_TYPES.get(asked) ?? asked);
}

/** Throws CKR_TEMPLATE_INCONSISTENT if the template names a key type outside `keyTypes`. */
export function requireKeyType(template: ck.Template, ...keyTypes: readonly number[]): void {
  const asked = keyTypeIn(template);
  if (asked !== undefined && !keyTypes.includes(asked)) {
    throw ck.CkError.templateInconsistent("CKA_KEY_TYPE contradicts the mechanism");
  }
}

/**
 * Throws CKR_IBM_SESSION_IMMUTABLE for a template that binds a key to a login session, which is not supported
 * (docs/adr/0014-no-bound-keys.md). Zeros, which mean no session, and an empty value are accepted.
 */
export function requireNoSession(template: ck.Template): void {
  const session = template.get(ck.CKA_IBM_LOGIN_SESSION);
  if (session === undefined || (session instanceof Uint8Array && session.every((byte) => byte === 0))) return;
  throw new ck.CkError(ck.CKR_IBM_SESSION_IMMUTABLE, "this HSM does not bind keys to login sessions");
}
