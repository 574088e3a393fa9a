/**
 * Converts attribute maps of messages, whose keys are strings in JavaScript, to Maps by CKA_* and back. Anything ambiguous is
 * refused, so that no two readers can interpret a template differently.
 */
import { create } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { fromBigInt } from "@grep11/encoding";
import { AttributeValueSchema, type AttributeValue as WireValue } from "../gen/grep11/server_pb.ts";
import type { BackwardWriter } from "./backward-writer.ts";
import type { Field, Has } from "./field.ts";
import { constantOf, numberOf } from "./field.ts";

/** A `map<uint64, AttributeValue>` of a message. */
export type WireAttributes = { [attribute: string]: WireValue };
/** A `map<uint64, bytes>` of a message. Older clients send their attributes in this form. */
export type WireBytes = { [attribute: string]: Uint8Array };

/** The maximum number of attributes in a template, in both forms together. */
export const MAX_TEMPLATE_ENTRIES = 128;

const CANONICAL = /^(?:0|[1-9][0-9]{0,19})$/;

/**
 * Returns the entries of the maps by CKA_*, in the same order. Fails with CKR_ARGUMENTS_BAD if:
 * - a key is not the canonical decimal form of a constant (constantOf),
 * - an attribute occurs twice,
 * - there are more than MAX_TEMPLATE_ENTRIES entries.
 */
function attributeEntries<V>(...maps: readonly { readonly [attribute: string]: V }[]): Map<number, V> {
  const entries = maps.flatMap((map) => Object.entries(map));
  if (entries.length > MAX_TEMPLATE_ENTRIES) {
    throw ck.CkError.argumentsBad(`a template has at most ${MAX_TEMPLATE_ENTRIES} attributes`);
  }
  const byNumber = new Map<number, V>();
  for (const [key, value] of entries) {
    const attribute = CANONICAL.test(key) ? constantOf(BigInt(key)) : undefined;
    if (attribute === undefined) throw ck.CkError.argumentsBad("an attribute is not a 32-bit number in decimal");
    if (byNumber.has(attribute)) throw ck.CkError.argumentsBad("an attribute occurs twice");
    byNumber.set(attribute, value);
  }
  return byNumber;
}

/**
 * Returns the value in a message, in the type that its sender chose; undefined if it is not set. The integer of an unknown
 * attribute becomes big-endian bytes, in two's complement if it is negative, because the type of the attribute is not known.
 */
function statedValue({ oneAttr }: WireValue, isKnown: boolean): ck.AttributeValue | undefined {
  if (oneAttr.case !== "AttributeI") return oneAttr.value;
  if (isKnown) return numberOf(oneAttr.value, "AttributeI");
  if (oneAttr.value >= 0n && oneAttr.value <= Number.MAX_SAFE_INTEGER) return fromBigInt(oneAttr.value);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, oneAttr.value);
  return bytes;
}

/** Converts 1 to 8 big-endian bytes to a number. Returns undefined for other lengths and for numbers above 2^53 - 1. */
function bigEndianNumber(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0 || bytes.length > 8) return undefined;
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Converts `value` to the type that cryptoki uses for `kind`. Returns undefined if that is not possible. */
function valueOfKind(kind: ck.AttributeKind, value: ck.AttributeValue): ck.AttributeValue | undefined {
  switch (kind) {
    case "boolean": {
      const bit = value instanceof Uint8Array && value.length === 1 ? value[0] : value;
      return bit === true || bit === 1 ? true : bit === false || bit === 0 ? false : undefined;
    }
    case "integer": {
      const number = value instanceof Uint8Array ? bigEndianNumber(value) : value;
      return typeof number === "number" && number >= 0 ? number : undefined;
    }
    case "bytes":
      if (value instanceof Uint8Array) return value;
      return typeof value === "number" && value >= 0 ? fromBigInt(BigInt(value)) : undefined;
  }
}

/** Returns the value of CKA_KEY_TYPE, which is a constant and may be sign-extended like attribute numbers (constantOf). */
function keyTypeIn(value: ck.AttributeValue): number | undefined {
  if (typeof value === "number") return constantOf(BigInt.asUintN(64, BigInt(value)));
  if (!(value instanceof Uint8Array) || value.length !== 8) return undefined;
  return constantOf(new DataView(value.buffer, value.byteOffset, value.length).getBigUint64(0));
}

/**
 * Returns all attributes that have a value, converted to the types of cryptoki. `misfit` handles values that cannot be converted.
 */
function parseMaps(
  attributes: WireAttributes,
  older: WireBytes,
  misfit: (attribute: number, value: ck.AttributeValue) => ck.AttributeValue,
): ck.Template {
  const parsed = new Map<number, ck.AttributeValue>();
  for (const [attribute, stated] of attributeEntries<WireValue | Uint8Array>(attributes, older)) {
    const isKnown = ck.isKnownAttribute(attribute);
    const value = stated instanceof Uint8Array ? stated : statedValue(stated, isKnown);
    if (value === undefined) continue;
    if (!isKnown) {
      parsed.set(attribute, value);
      continue;
    }
    const constant = attribute === ck.CKA_KEY_TYPE ? keyTypeIn(value) : undefined;
    parsed.set(attribute, constant ?? valueOfKind(ck.attributeKind(attribute), value) ?? misfit(attribute, value));
  }
  return parsed;
}

/**
 * Returns the template in a message, from both of its forms. Values are converted to the type of their attribute (attributeKind),
 * and those of unknown attributes can have any type. Attributes whose value is not set are ignored. Errors: those of
 * attributeEntries, CKR_ATTRIBUTE_VALUE_INVALID for a value of another type.
 */
function parseTemplate(attributes: WireAttributes, older: WireBytes = {}): ck.Template {
  return parseMaps(attributes, older, (attribute) => {
    throw ck.CkError.attributeValueInvalid(attribute, "has a value of another type");
  });
}

/**
 * Returns the attributes with which a server describes a key. Unlike the attributes in a template, these have no
 * effect. So a value that does not have the type of its attribute is kept unchanged. Errors: those of attributeEntries.
 */
export function parseDescription(attributes: WireAttributes, older: WireBytes = {}): ck.Template {
  return parseMaps(attributes, older, (_, value) => value);
}

/**
 * Converts `value` to an AttributeValue message. Errors: CKR_ATTRIBUTE_VALUE_INVALID for a number that is not an integer from 0
 * to 2^53 - 1.
 */
function wireValue(attribute: number, value: ck.AttributeValue): WireValue {
  const message = create(AttributeValueSchema);
  if (typeof value === "boolean") message.oneAttr = { case: "AttributeTF", value };
  else if (typeof value !== "number") message.oneAttr = { case: "AttributeB", value };
  else message.oneAttr = { case: "AttributeI", value: BigInt(requireUnsigned(attribute, value)) };
  return message;
}

function requireUnsigned(attribute: number, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw ck.CkError.attributeValueInvalid(attribute, "is not an integer from 0 to 2^53 - 1");
}

const { AttributeI, AttributeTF, AttributeB } = AttributeValueSchema.field;
/** The field numbers of a map entry. */
const [KEY, VALUE] = [1, 2];

/** Writes the map of wireAttributes directly, as the field `number` of a message. Errors: as wireAttributes. */
export function writeAttributes(template: ck.Template, writer: BackwardWriter, number: number): void {
  for (const [attribute, value] of template) {
    const before = writer.length;
    if (typeof value === "boolean") writer.integer(AttributeTF.number, value ? 1 : 0);
    else if (typeof value !== "number") writer.bytes(AttributeB.number, value);
    else writer.integer(AttributeI.number, requireUnsigned(attribute, value));
    writer.close(VALUE, before);
    writer.integer(KEY, attribute);
    writer.close(number, before);
  }
}

/** Converts `value` to the older form, in which a boolean is one byte and an integer is eight bytes, big-endian. */
function wireBytes(value: ck.AttributeValue): Uint8Array {
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (typeof value !== "number") return value;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Converts `template` to a `map<uint64, AttributeValue>`. */
export function wireAttributes(template: ck.Template): WireAttributes {
  const map: WireAttributes = {};
  for (const [attribute, value] of template) map[attribute] = wireValue(attribute, value);
  return map;
}

/** A template that is read from its current form `name` and its older form `older`, and written in the current form. */
export function template<N extends string, O extends string>(
  name: N,
  older: O,
): Field<ck.Template, Has<N, WireAttributes> & Has<O, WireBytes>> {
  return {
    decode: (message) => parseTemplate(message[name], message[older]),
    encode: (value, message) => {
      (message as Record<string, unknown>)[name] = wireAttributes(value);
    },
  };
}

type AttributeMaps = Has<"Attributes", WireAttributes> & Has<"AttributesBytes", WireBytes>;

/**
 * The attributes that a GetAttributeValue request asks for: the keys of both maps, which may contain the same attribute. Servers
 * ignore the values, so the codec writes the zero value of each attribute's type. Errors: those of attributeEntries.
 */
export const wantedAttributes: Field<readonly number[], AttributeMaps> = {
  decode: (message) => [
    ...new Set([...attributeEntries(message.Attributes).keys(), ...attributeEntries(message.AttributesBytes).keys()]),
  ],
  encode: (value, message) => {
    message.Attributes = wireAttributes(new Map(value.map((attribute) => [attribute, dummyValue(attribute)])));
  },
};

function dummyValue(attribute: number): ck.AttributeValue {
  const dummies: Record<ck.AttributeKind, ck.AttributeValue> = { boolean: false, integer: 0, bytes: new Uint8Array(0) };
  return dummies[ck.attributeKind(attribute)];
}

/**
 * The attributes in a GetAttributeValue response. Each of its two maps contains the attributes that the same map of the request
 * asked for, under the same keys, which may be sign-extended (constantOf). Without a request, all attributes are in the map
 * Attributes.
 */
export const readAttributes: Field<ck.Template, AttributeMaps, AttributeMaps> = {
  decode: (message) => {
    const older = Object.keys(message.Attributes).length === 0 ? message.AttributesBytes : {};
    return parseDescription(message.Attributes, older);
  },
  encode: (value, message, request) => {
    message.Attributes = wireAttributes(value);
    if (request === undefined) return;
    const older: WireBytes = Object.fromEntries(Array.from(value, ([attribute, each]) => [attribute, wireBytes(each)]));
    message.AttributesBytes = withAskedKeys(older, request.AttributesBytes);
    message.Attributes = withAskedKeys(message.Attributes, request.Attributes);
  },
};

/**
 * Returns the entries of `found` that `asked` names. The keys of `found` are canonical, but the result has the keys of `asked`.
 */
function withAskedKeys<V>(found: { readonly [attribute: string]: V }, asked: WireAttributes | WireBytes) {
  const renamed: { [attribute: string]: V } = {};
  for (const key of Object.keys(asked)) {
    const value = found[String(constantOf(BigInt(key)))];
    if (value !== undefined) renamed[key] = value;
  }
  return renamed;
}
