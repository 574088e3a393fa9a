/**
 * The readable attributes of a key, which GetAttributeValue and the key's envelope return
 * (docs/reference/wire.md#getattributevalue, docs/reference/wire.md#key-envelope).
 */
import * as ck from "@grep11/cryptoki";
import { bitLength, der } from "@grep11/encoding";
import { encodeDhParameters, encodeDsaParameters } from "../primitives/keys/integer-formats.ts";
import { BOOLEAN_BITS, hasBoolean } from "./booleans.ts";
import { checkValue } from "./check-value.ts";
import type { Key } from "./key.ts";
import { alwaysSensitive, parsedSpki, spkiOf } from "./key-properties.ts";
import { parameterSetAttributes } from "./parameter-sets.ts";
import { encapsulationRight } from "./standard-names.ts";

/** Attributes that hold key material. */
const SENSITIVE: ReadonlySet<number> = new Set([
  ck.CKA_VALUE,
  ck.CKA_PRIVATE_EXPONENT,
  ck.CKA_PRIME_1,
  ck.CKA_PRIME_2,
  ck.CKA_EXPONENT_1,
  ck.CKA_EXPONENT_2,
  ck.CKA_COEFFICIENT,
]);

const READABLE_BITS = Array.from(BOOLEAN_BITS).filter(([attribute]) => attribute !== ck.CKA_IBM_NEVER_MODIFIABLE);

/** Returns all readable attributes. They are copies, because other calls may use the key at the same time. */
export function readableAttributes(key: Key): Map<number, ck.AttributeValue> {
  const secrecy = key.objectClass !== ck.CKO_PUBLIC_KEY;
  const attributes = new Map<number, ck.AttributeValue>()
    .set(ck.CKA_CLASS, key.objectClass)
    .set(ck.CKA_KEY_TYPE, key.keyType)
    .set(ck.CKA_PRIVATE, secrecy)
    .set(ck.CKA_SENSITIVE, secrecy);
  for (const [attribute, value] of key.attributes) {
    if (attribute !== ck.CKA_ALWAYS_SENSITIVE) attributes.set(attribute, ownCopy(value));
  }
  for (const [attribute, bit] of READABLE_BITS) attributes.set(attribute, (key.booleans & bit) !== 0);
  const encapsulation = encapsulationRight(key);
  if (encapsulation !== undefined) attributes.set(encapsulation, hasBoolean(key.booleans, ck.CKA_DERIVE));
  const own = key.objectClass === ck.CKO_SECRET_KEY ? secretAttributes(key) : publicAttributes(spkiOf(key));
  for (const [attribute, value] of own) attributes.set(attribute, ownCopy(value));
  return attributes;
}

function ownCopy(value: ck.AttributeValue): ck.AttributeValue {
  return value instanceof Uint8Array ? value.slice() : value;
}

/**
 * Returns one attribute; `readable` is the result of {@link readableAttributes}. Errors: CKR_ATTRIBUTE_SENSITIVE for key
 * material, CKR_ARGUMENTS_BAD for CKA_IBM_NEVER_MODIFIABLE (as on IBM's cards), CKR_ATTRIBUTE_TYPE_INVALID for attributes
 * that the key does not have.
 */
export function readAttribute(key: Key, attribute: number, readable: ck.Template): ck.AttributeValue {
  const secrecy = key.objectClass !== ck.CKO_PUBLIC_KEY;
  if (secrecy && SENSITIVE.has(attribute)) throw ck.CkError.attributeSensitive(attribute);
  if (attribute === ck.CKA_IBM_NEVER_MODIFIABLE) throw ck.CkError.argumentsBad("this attribute cannot be read");
  if (attribute === ck.CKA_TOKEN) return false;
  if (attribute === ck.CKA_ALWAYS_SENSITIVE) return alwaysSensitive(key);
  if (attribute === ck.CKA_IBM_LOGIN_SESSION) return key.session.slice();
  const value = readable.get(attribute);
  if (value === undefined) throw ck.CkError.attributeTypeInvalid(attribute);
  return value;
}

function secretAttributes(key: Key): [number, ck.AttributeValue][] {
  const check = checkValue(key);
  const length: [number, ck.AttributeValue] = [ck.CKA_VALUE_LEN, key.value.length];
  return check === undefined ? [length] : [length, [ck.CKA_CHECK_VALUE, check]];
}

/** Returns the attributes of a public key. Private keys have them too. */
export function publicAttributes(spki: Uint8Array): [number, ck.AttributeValue][] {
  const key = parsedSpki(spki);
  const info: [number, ck.AttributeValue] = [ck.CKA_PUBLIC_KEY_INFO, spki];
  switch (key.type) {
    case "rsa":
      return [
        info,
        [ck.CKA_MODULUS, key.modulus],
        [ck.CKA_MODULUS_BITS, bitLength(key.modulus)],
        [ck.CKA_PUBLIC_EXPONENT, key.publicExponent],
      ];
    case "ec":
      return [info, [ck.CKA_EC_PARAMS, key.curve.oid], [ck.CKA_EC_POINT, der.octetString(key.point)]];
    case "dsa":
      return [
        info,
        [ck.CKA_IBM_STRUCT_PARAMS, encodeDsaParameters(key)],
        [ck.CKA_PRIME, key.prime],
        [ck.CKA_SUBPRIME, key.subprime],
        [ck.CKA_BASE, key.base],
        [ck.CKA_PRIME_BITS, bitLength(key.prime)],
      ];
    case "dh":
      return [
        info,
        [ck.CKA_IBM_STRUCT_PARAMS, encodeDhParameters(key)],
        [ck.CKA_PRIME, key.prime],
        [ck.CKA_BASE, key.base],
        [ck.CKA_PRIME_BITS, bitLength(key.prime)],
      ];
    case "pqc":
      return [info, ...parameterSetAttributes(key.set)];
  }
}
