/** Compares what a template asserts about a new key with the key, so that no assertion is silently ignored. */
import * as ck from "@grep11/cryptoki";
import { bitLength, concatenate, der, EncodingError, equalBytes, padLeft, toBigInt } from "@grep11/encoding";
import { encodePublicKey, parsePublicKey } from "../primitives/keys/key-encodings.ts";
import { checkValue } from "./check-value.ts";
import { publicAttributes } from "./describe.ts";
import type { Key } from "./key.ts";
import { curveOfKey, spkiOf } from "./key-properties.ts";
import { requireSecretLength, resolveSecretKeyRules } from "./key-types.ts";
import { resolveCurve } from "./named-curve.ts";
import { bytesIn, numberIn, requireClass, requireKeyType } from "./template-values.ts";

/** Attributes whose values are big-endian numbers, which may have leading zeros. */
const NUMBERS: ReadonlySet<number> = new Set([
  ck.CKA_MODULUS,
  ck.CKA_PUBLIC_EXPONENT,
  ck.CKA_PRIME,
  ck.CKA_SUBPRIME,
  ck.CKA_BASE,
]);

/** Attributes that follow from the public half of a key and that templates may assert. */
const ASSERTABLE: ReadonlySet<number> = new Set([
  ...NUMBERS,
  ck.CKA_MODULUS_BITS,
  ck.CKA_PRIME_BITS,
  ck.CKA_SUBPRIME_BITS,
  ck.CKA_EC_PARAMS,
  ck.CKA_EC_POINT,
  ck.CKA_IBM_STRUCT_PARAMS,
  ck.CKA_IBM_PQC_PARAMS,
  ck.CKA_IBM_PARAMETER_SET,
  ck.CKA_PARAMETER_SET,
  ck.CKA_PUBLIC_KEY_INFO,
]);

/**
 * Throws unless everything that `template` asserts is true of `key`:
 * - CKR_ATTRIBUTE_VALUE_INVALID for a wrong CKA_CHECK_VALUE (PKCS #11 v3.2, 4.10),
 * - CKR_ATTRIBUTE_TYPE_INVALID for a CKA_CHECK_VALUE if the key does not have that attribute,
 * - CKR_KEY_SIZE_RANGE for a CKA_VALUE_LEN that is impossible for the key type,
 * - CKR_TEMPLATE_INCONSISTENT for every other contradiction.
 * Empty values, and attributes that the key does not have, are ignored, as in EP11.
 */
export function requireAssertedAttributes(template: ck.Template, key: Key): void {
  requireClass(template, key.objectClass);
  requireKeyType(template, key.keyType);
  requireCheckValue(template, key);
  if (key.objectClass === ck.CKO_SECRET_KEY) requireValueLength(template, key);
  else requirePublicAttributes(template, key);
}

/** Whether the template has an empty CKA_CHECK_VALUE, which prevents the attribute (PKCS #11 v3.2, 4.10). */
export function wantsNoCheckValue(template: ck.Template): boolean {
  return bytesIn(template, ck.CKA_CHECK_VALUE)?.length === 0;
}

function requireCheckValue(template: ck.Template, key: Key): void {
  const asserted = bytesIn(template, ck.CKA_CHECK_VALUE);
  if (asserted === undefined || asserted.length === 0) return;
  const own = checkValue(key);
  if (own === undefined) throw ck.CkError.attributeTypeInvalid(ck.CKA_CHECK_VALUE);
  if (!equalBytes(own, asserted)) throw ck.CkError.attributeValueInvalid(ck.CKA_CHECK_VALUE, "is not that of the key");
}

/**
 * Checks CKA_VALUE_LEN, except for DES keys. EP11 ignores it in templates of DES keys, where IBM's samples set it to a
 * length of AES keys.
 */
function requireValueLength(template: ck.Template, key: Key): void {
  const rules = resolveSecretKeyRules(key.keyType);
  const asserted = numberIn(template, ck.CKA_VALUE_LEN);
  if (rules.parity || asserted === undefined || asserted === 0) return;
  requireSecretLength(rules, asserted);
  if (asserted !== key.value.length) throw inconsistent(ck.CKA_VALUE_LEN);
}

function requirePublicAttributes(template: ck.Template, key: Key): void {
  const asserted = Array.from(template).filter(([, value]) => !(value instanceof Uint8Array && value.length === 0));
  if (!asserted.some(([attribute]) => ASSERTABLE.has(attribute))) return;
  const actual = new Map(publicAttributes(spkiOf(key)));
  const subprime = actual.get(ck.CKA_SUBPRIME);
  if (subprime instanceof Uint8Array) actual.set(ck.CKA_SUBPRIME_BITS, bitLength(subprime));
  for (const [attribute, value] of asserted) {
    const own = actual.get(attribute);
    if (own !== undefined && !agrees(attribute, value, own, actual, key)) throw inconsistent(attribute);
  }
}

type Attributes = ReadonlyMap<number, ck.AttributeValue>;

/** Whether `value`, in any of the forms that templates use, means the same as `own`. */
function agrees(
  attribute: number,
  value: ck.AttributeValue,
  own: ck.AttributeValue,
  actual: Attributes,
  key: Key,
): boolean {
  if (NUMBERS.has(attribute)) return numberOf(value) === numberOf(own);
  if (!(value instanceof Uint8Array) || !(own instanceof Uint8Array)) return value === own;
  if (attribute === ck.CKA_EC_PARAMS) return resolveCurve(value) === curveOfKey(key);
  return formsOf(attribute, value, actual).some((form) => equalBytes(form, own));
}

function numberOf(value: ck.AttributeValue): bigint {
  return value instanceof Uint8Array ? toBigInt(value) : BigInt(value);
}

/** Returns `value` in the forms in which it can be compared with the actual attributes. */
function formsOf(attribute: number, value: Uint8Array, actual: Attributes): readonly Uint8Array[] {
  switch (attribute) {
    case ck.CKA_EC_POINT:
      return [value, der.octetString(value)];
    case ck.CKA_PUBLIC_KEY_INFO:
      return ep11Form(value);
    case ck.CKA_IBM_STRUCT_PARAMS:
      // openCryptoki writes this attribute as concatenated numbers, each of which is as long as the prime.
      return equalBytes(value, packed(actual)) ? [actual.get(attribute) as Uint8Array] : [value];
    default:
      return [value];
  }
}

/** Returns the SubjectPublicKeyInfo in EP11's form; nothing if it is malformed. */
function ep11Form(spki: Uint8Array): readonly Uint8Array[] {
  try {
    return [encodePublicKey(parsePublicKey(spki))];
  } catch (error) {
    if (error instanceof EncodingError) return [];
    throw error;
  }
}

function packed(actual: Attributes): Uint8Array {
  const numbers = [ck.CKA_PRIME, ck.CKA_SUBPRIME, ck.CKA_BASE].map((attribute) => actual.get(attribute));
  const present = numbers.filter((number) => number instanceof Uint8Array);
  return concatenate(...present.map((number) => padLeft(number, present[0]!.length)));
}

function inconsistent(attribute: number): ck.CkError {
  return ck.CkError.templateInconsistent(`${ck.ckaName(attribute)} contradicts the key`);
}
