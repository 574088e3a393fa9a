/**
 * The payload encoding of blobs: fields of `u32 tag | u32 length | value`, tags strictly ascending, nothing behind the
 * last one, every value in its only form. One value has one encoding, so a payload that parses was written here.
 */
import type * as ck from "@grep11/cryptoki";

/** A field; undefined values are left out. */
export type Field = readonly [tag: number, value: Uint8Array | undefined];

const FIELD_HEADER_BYTES = 8;

/** Worth of the higher half of a u64. */
const TWO_32 = 2 ** 32;

/** Fields in the order given, which must be ascending by tag. */
export function encodeFields(fields: readonly Field[]): Uint8Array {
  let length = 0;
  for (const [, value] of fields) if (value !== undefined) length += FIELD_HEADER_BYTES + value.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [tag, value] of fields) {
    if (value === undefined) continue;
    view.setUint32(at, tag);
    view.setUint32(at + 4, value.length);
    bytes.set(value, at + FIELD_HEADER_BYTES);
    at += FIELD_HEADER_BYTES + value.length;
  }
  return bytes;
}

/** Tag to value, or undefined if `bytes` is not canonical. The values are views of `bytes`: whoever wipes those copies what he keeps. */
export function parseFields(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields = new Map<number, Uint8Array>();
  let previous = -1;
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < FIELD_HEADER_BYTES) return undefined;
    const tag = view.getUint32(at);
    const length = view.getUint32(at + 4);
    at += FIELD_HEADER_BYTES;
    if (tag <= previous || length > bytes.length - at) return undefined;
    fields.set(tag, bytes.subarray(at, at + length));
    previous = tag;
    at += length;
  }
  return fields;
}

/** A copy in memory of its own, of any kind of view: `slice` of a Buffer makes none. */
export function copyOf(view: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(view);
}

/** Have the fields no tag outside `known`, and all of `required`? */
export function hasExactly(
  fields: ReadonlyMap<number, Uint8Array>,
  required: readonly number[],
  optional: readonly number[] = [],
): boolean {
  let known = required.length;
  for (const tag of required) if (!fields.has(tag)) return false;
  for (const tag of optional) if (fields.has(tag)) known += 1;
  return known === fields.size;
}

/** A non-negative safe integer as u64. */
export function encodeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / TWO_32));
  view.setUint32(4, value % TWO_32);
  return bytes;
}

/** The number in a u64, or undefined if it is none or above 2^53 - 1. */
export function parseNumber(bytes: Uint8Array | undefined): number | undefined {
  if (bytes?.length !== 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const value = view.getUint32(0) * TWO_32 + view.getUint32(4);
  return Number.isSafeInteger(value) ? value : undefined;
}

const BOOLEAN = 1;
const NUMBER = 2;
const BYTES = 3;

function encodeValue(value: ck.AttributeValue): Uint8Array {
  if (typeof value === "boolean") return Uint8Array.of(BOOLEAN, value ? 1 : 0);
  const [kind, content] = typeof value === "number" ? [NUMBER, encodeNumber(value)] : [BYTES, value];
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = kind;
  bytes.set(content, 1);
  return bytes;
}

function parseValue(bytes: Uint8Array): ck.AttributeValue | undefined {
  const content = bytes.subarray(1);
  if (bytes[0] === NUMBER) return parseNumber(content);
  if (bytes[0] === BYTES) return copyOf(content);
  if (bytes[0] === BOOLEAN && content.length === 1 && content[0]! <= 1) return content[0] === 1;
  return undefined;
}

/** Attributes as fields (tag: CKA_*, value: a kind byte and the content); undefined when there are none. */
export function encodeAttributes(attributes: ck.Template): Uint8Array | undefined {
  if (attributes.size === 0) return undefined;
  const ascending = [...attributes].sort(([a], [b]) => a - b);
  return encodeFields(ascending.map(([type, value]) => [type, encodeValue(value)]));
}

/** Attributes back from their fields; undefined if they are not canonical. */
export function parseAttributes(bytes: Uint8Array | undefined): ck.Template | undefined {
  const attributes = new Map<number, ck.AttributeValue>();
  if (bytes === undefined) return attributes;
  const fields = parseFields(bytes);
  if (fields === undefined || fields.size === 0) return undefined;
  for (const [type, field] of fields) {
    const value = parseValue(field);
    if (value === undefined) return undefined;
    attributes.set(type, value);
  }
  return attributes;
}
