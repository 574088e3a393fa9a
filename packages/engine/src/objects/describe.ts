/** The readable attributes of a key (behaviour 5.5, 8): what GetAttributeValue and the envelope of a key answer. */
import {
  type AttributeValue,
  CKA_ALWAYS_SENSITIVE,
  CKA_BASE,
  CKA_CHECK_VALUE,
  CKA_CLASS,
  CKA_COEFFICIENT,
  CKA_DERIVE,
  CKA_EC_PARAMS,
  CKA_EC_POINT,
  CKA_EXPONENT_1,
  CKA_EXPONENT_2,
  CKA_IBM_LOGIN_SESSION,
  CKA_IBM_NEVER_MODIFIABLE,
  CKA_IBM_STRUCT_PARAMS,
  CKA_KEY_TYPE,
  CKA_MODULUS,
  CKA_MODULUS_BITS,
  CKA_PRIME,
  CKA_PRIME_1,
  CKA_PRIME_2,
  CKA_PRIME_BITS,
  CKA_PRIVATE,
  CKA_PRIVATE_EXPONENT,
  CKA_PUBLIC_EXPONENT,
  CKA_PUBLIC_KEY_INFO,
  CKA_SENSITIVE,
  CKA_SUBPRIME,
  CKA_TOKEN,
  CKA_VALUE,
  CKA_VALUE_LEN,
  CKO_PUBLIC_KEY,
  CKO_SECRET_KEY,
  CkError,
  type Template,
} from "@grep11/cryptoki";
import { bitLength } from "../primitives/bigint.ts";
import { octetString } from "../primitives/keys/der.ts";
import { encodeDhParameters, encodeDsaParameters } from "../primitives/keys/integer-formats.ts";
import { parsePublicKey } from "../primitives/keys/key-encodings.ts";
import { alwaysSensitive } from "./always-sensitive.ts";
import { BOOLEAN_BITS, hasBoolean } from "./booleans.ts";
import { checkValue } from "./check-value.ts";
import type { Key } from "./key.ts";
import { spkiOf } from "./key-facts.ts";
import { parameterSetAttributes } from "./parameter-sets.ts";
import { encapsulationRight } from "./standard-names.ts";

/** Attributes that hold key material. */
const SENSITIVE: ReadonlySet<number> = new Set([
  CKA_VALUE,
  CKA_PRIVATE_EXPONENT,
  CKA_PRIME_1,
  CKA_PRIME_2,
  CKA_EXPONENT_1,
  CKA_EXPONENT_2,
  CKA_COEFFICIENT,
]);

/** The booleans that can be asked for. */
const READABLE_BITS = Array.from(BOOLEAN_BITS).filter(([attribute]) => attribute !== CKA_IBM_NEVER_MODIFIABLE);

/** All readable attributes, none of which shares memory with the key: it may be in use for other calls. */
export function readableAttributes(key: Key): Map<number, AttributeValue> {
  const secrecy = key.objectClass !== CKO_PUBLIC_KEY;
  const attributes = new Map<number, AttributeValue>()
    .set(CKA_CLASS, key.objectClass)
    .set(CKA_KEY_TYPE, key.keyType)
    .set(CKA_PRIVATE, secrecy)
    .set(CKA_SENSITIVE, secrecy);
  for (const [attribute, value] of key.attributes) {
    if (attribute !== CKA_ALWAYS_SENSITIVE) attributes.set(attribute, ownCopy(value));
  }
  for (const [attribute, bit] of READABLE_BITS) attributes.set(attribute, (key.booleans & bit) !== 0);
  const encapsulation = encapsulationRight(key);
  if (encapsulation !== undefined) attributes.set(encapsulation, hasBoolean(key.booleans, CKA_DERIVE));
  const own = key.objectClass === CKO_SECRET_KEY ? secretAttributes(key) : publicAttributes(spkiOf(key));
  for (const [attribute, value] of own) attributes.set(attribute, ownCopy(value));
  return attributes;
}

function ownCopy(value: AttributeValue): AttributeValue {
  return value instanceof Uint8Array ? value.slice() : value;
}

/**
 * One attribute; `readable` is what {@link readableAttributes} says of the key. Errors: CKR_ATTRIBUTE_SENSITIVE for key material, CKR_ARGUMENTS_BAD for CKA_IBM_NEVER_MODIFIABLE (as
 * cards answer), CKR_ATTRIBUTE_TYPE_INVALID for what the key does not have.
 */
export function readAttribute(key: Key, attribute: number, readable: Template): AttributeValue {
  const secrecy = key.objectClass !== CKO_PUBLIC_KEY;
  if (secrecy && SENSITIVE.has(attribute)) throw CkError.attributeSensitive(attribute);
  if (attribute === CKA_IBM_NEVER_MODIFIABLE) throw CkError.argumentsBad("this attribute cannot be asked for");
  if (attribute === CKA_TOKEN) return false;
  if (attribute === CKA_ALWAYS_SENSITIVE) return alwaysSensitive(key);
  if (attribute === CKA_IBM_LOGIN_SESSION) return key.session.slice();
  const value = readable.get(attribute);
  if (value === undefined) throw CkError.attributeTypeInvalid(attribute);
  return value;
}

function secretAttributes(key: Key): [number, AttributeValue][] {
  const check = checkValue(key);
  const length: [number, AttributeValue] = [CKA_VALUE_LEN, key.value.length];
  return check === undefined ? [length] : [length, [CKA_CHECK_VALUE, check]];
}

/** What the public half says; readable from private keys as well. */
export function publicAttributes(spki: Uint8Array): [number, AttributeValue][] {
  const key = parsePublicKey(spki);
  const info: [number, AttributeValue] = [CKA_PUBLIC_KEY_INFO, spki];
  switch (key.type) {
    case "rsa":
      return [
        info,
        [CKA_MODULUS, key.modulus],
        [CKA_MODULUS_BITS, bitLength(key.modulus)],
        [CKA_PUBLIC_EXPONENT, key.publicExponent],
      ];
    case "ec":
      return [info, [CKA_EC_PARAMS, key.curve.oid], [CKA_EC_POINT, octetString(key.point)]];
    case "dsa":
      return [
        info,
        [CKA_IBM_STRUCT_PARAMS, encodeDsaParameters(key)],
        [CKA_PRIME, key.prime],
        [CKA_SUBPRIME, key.subprime],
        [CKA_BASE, key.base],
        [CKA_PRIME_BITS, bitLength(key.prime)],
      ];
    case "dh":
      return [
        info,
        [CKA_IBM_STRUCT_PARAMS, encodeDhParameters(key)],
        [CKA_PRIME, key.prime],
        [CKA_BASE, key.base],
        [CKA_PRIME_BITS, bitLength(key.prime)],
      ];
    case "pqc":
      return [info, ...parameterSetAttributes(key.set)];
  }
}
