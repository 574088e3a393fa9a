/**
 * The payload encoding of blobs: fields of `u32 tag | u32 length | value`, tags strictly ascending, nothing after the last one,
 * and only one form for every value. So each payload has exactly one encoding, and parsing accepts no other.
 */
import type * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";

const FIELD_HEADER_BYTES = 8;

/** What a unit of the upper half of a u64 is worth. */
const TWO_32 = 2 ** 32;

/** Encodes fields with the given tags, which are ascending, and contents. Undefined contents are left out. */
function encodeFields(tags: readonly number[], contents: readonly (Uint8Array | undefined)[]): Uint8Array {
  let length = 0;
  for (const content of contents) if (content !== undefined) length += FIELD_HEADER_BYTES + content.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let index = 0; index < tags.length; index += 1) {
    const content = contents[index];
    if (content === undefined) continue;
    view.setUint32(at, tags[index]!);
    view.setUint32(at + 4, content.length);
    bytes.set(content, at + FIELD_HEADER_BYTES);
    at += FIELD_HEADER_BYTES + content.length;
  }
  return bytes;
}

/** A map from tag to value, or undefined if `bytes` is not canonical. The values are views of `bytes`. */
function parseFields(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
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

/** How one value is written as a field. */
interface FieldType<T> {
  /** The content of the field; undefined: the field is left out. */
  encode(value: T): Uint8Array | undefined;
  /** The value, as a copy; INVALID if the content is not canonical, or if a required field is missing. */
  parse(content: Uint8Array | undefined): T | typeof INVALID;
  /** `encode` returns new memory, which is wiped once it has been copied. */
  readonly allocates: boolean;
}

/** The type of values that are always written. */
interface RequiredFieldType<T> extends FieldType<T> {
  encode(value: T): Uint8Array;
}

/** The result of parsing bytes that are not canonical. */
export const INVALID: unique symbol = Symbol("invalid");

/** Bytes of any length. */
export const bytes: RequiredFieldType<Uint8Array> = {
  encode: (value) => value,
  // The slice of a Buffer would not be a copy.
  parse: (content) => (content === undefined ? INVALID : Uint8Array.prototype.slice.call(content)),
  allocates: false,
};

/** A non-negative safe integer as u64. */
export const number: RequiredFieldType<number> = {
  encode(value) {
    const content = new Uint8Array(8);
    const view = new DataView(content.buffer);
    view.setUint32(0, Math.floor(value / TWO_32));
    view.setUint32(4, value % TWO_32);
    return content;
  },
  parse(content) {
    if (content?.length !== 8) return INVALID;
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    const value = view.getUint32(0) * TWO_32 + view.getUint32(4);
    return Number.isSafeInteger(value) ? value : INVALID;
  },
  allocates: true,
};

/** The type of an optional field, which is left out if its value is undefined. */
export function optional<T>({ encode, parse, allocates }: FieldType<T>): FieldType<T | undefined> {
  return {
    encode: (value) => (value === undefined ? undefined : encode(value)),
    parse: (content) => (content === undefined ? undefined : parse(content)),
    allocates,
  };
}

/** An object as fields: each member has its tag, ascending, and its type. Parsing refuses all other tags. */
export function record<T extends object>(
  members: {
    readonly [K in keyof T]: readonly [tag: number, type: FieldType<T[K]>];
  },
): RequiredFieldType<T> {
  const names = Object.keys(members) as (keyof T)[];
  const tags = names.map((name) => members[name][0]);
  const types = names.map((name): FieldType<T[keyof T]> => members[name][1]);
  return {
    encode(value) {
      const contents = names.map((name, index) => types[index]!.encode(value[name]));
      const encoded = encodeFields(tags, contents);
      for (let index = 0; index < contents.length; index += 1) if (types[index]!.allocates) contents[index]?.fill(0);
      return encoded;
    },
    parse(content) {
      const fields = content && parseFields(content);
      if (fields === undefined) return INVALID;
      const value: Partial<T> = {};
      let known = 0;
      for (let index = 0; index < names.length; index += 1) {
        const field = fields.get(tags[index]!);
        const parsed = types[index]!.parse(field);
        if (parsed === INVALID) return INVALID;
        if (field !== undefined) known += 1;
        value[names[index]!] = parsed;
      }
      return known === fields.size ? (value as T) : INVALID;
    },
    allocates: true,
  };
}

const BOOLEAN = 1;
const NUMBER = 2;
const BYTES = 3;

function encodeAttribute(value: ck.AttributeValue): Uint8Array {
  if (typeof value === "boolean") return Uint8Array.of(BOOLEAN, value ? 1 : 0);
  return typeof value === "number"
    ? concatenate(Uint8Array.of(NUMBER), number.encode(value))
    : concatenate(Uint8Array.of(BYTES), value);
}

function parseAttribute(field: Uint8Array): ck.AttributeValue | typeof INVALID {
  const content = field.subarray(1);
  if (field[0] === NUMBER) return number.parse(content);
  if (field[0] === BYTES) return bytes.parse(content);
  return field[0] === BOOLEAN && content.length === 1 && content[0]! <= 1 ? content[0] === 1 : INVALID;
}

/** Attributes as fields (tag: CKA_*; value: a byte for the kind, then the content). An empty template has no field. */
export const attributes: FieldType<ck.Template> = {
  encode(template) {
    if (template.size === 0) return undefined;
    const types = Array.from(template.keys()).sort((a, b) => a - b);
    return encodeFields(
      types,
      types.map((type) => encodeAttribute(template.get(type)!)),
    );
  },
  parse(content) {
    const template = new Map<number, ck.AttributeValue>();
    if (content === undefined) return template;
    const fields = parseFields(content);
    if (fields === undefined || fields.size === 0) return INVALID;
    for (const [type, field] of fields) {
      const value = parseAttribute(field);
      if (value === INVALID) return INVALID;
      template.set(type, value);
    }
    return template;
  },
  allocates: true,
};
