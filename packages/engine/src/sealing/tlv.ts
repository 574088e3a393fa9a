/**
 * The payload encoding of blobs: fields of `u32 tag | u32 length | value` with strictly ascending tags. Each payload has
 * exactly one encoding, and parsing accepts no other.
 */
import type * as ck from "@grep11/cryptoki";

/** The result of parsing bytes that are not canonical. */
export const INVALID: unique symbol = Symbol("invalid");

/** Writes and parses values of one type as fields. */
interface FieldType<T> {
  /** The length of the content in bytes; undefined: the field is left out. */
  length(value: T): number | undefined;
  /** Writes the content to `target` from `at` on, unless the field is left out. */
  write(value: T, target: Uint8Array, at: number): void;
  /** Returns a copy of the value in source[start..end); INVALID if the content is not canonical. */
  parse(source: Uint8Array, start: number, end: number): T | typeof INVALID;
  /** The value of a missing field; INVALID if the field is required. */
  readonly absent: T | typeof INVALID;
}

/** A type that can also be a whole payload. */
interface RecordType<T> extends FieldType<T> {
  encode(value: T): Uint8Array;
  decode(payload: Uint8Array): T | typeof INVALID;
}

const FIELD_HEADER_BYTES = 8;
const NUMBER_BYTES = 8;

const TWO_32 = 2 ** 32;

function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function readU32(source: Uint8Array, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
}

/** Returns where the field at `start` ends; undefined if that is after `end`. */
function endOfField(source: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < FIELD_HEADER_BYTES) return undefined;
  const last = start + FIELD_HEADER_BYTES + readU32(source, start + 4);
  return last > end ? undefined : last;
}

export const bytes: FieldType<Uint8Array> = {
  length: (value) => value.length,
  write: (value, target, at) => target.set(value, at),
  // The slice of a Buffer would not be a copy.
  parse: (source, start, end) => Uint8Array.prototype.slice.call(source, start, end),
  absent: INVALID,
};

/** A non-negative safe integer as u64. */
export const number: FieldType<number> = {
  length: () => NUMBER_BYTES,
  write(value, target, at) {
    writeU32(target, at, Math.floor(value / TWO_32));
    writeU32(target, at + 4, value % TWO_32);
  },
  parse(source, start, end) {
    if (end - start !== NUMBER_BYTES) return INVALID;
    const value = readU32(source, start) * TWO_32 + readU32(source, start + 4);
    return Number.isSafeInteger(value) ? value : INVALID;
  },
  absent: INVALID,
};

/** The field is left out if its value is undefined. */
export function optional<T>(type: FieldType<T>): FieldType<T | undefined> {
  return {
    length: (value) => (value === undefined ? undefined : type.length(value)),
    write: (value, target, at) => type.write(value as T, target, at),
    parse: type.parse,
    absent: undefined,
  };
}

/**
 * Returns the codec of an object whose members are stored as fields. `members` gives the tag and the type of each
 * member, in ascending order of tags. Parsing refuses unknown tags.
 */
export function record<T extends object>(
  members: {
    readonly [K in keyof T]: readonly [tag: number, type: FieldType<T[K]>];
  },
): RecordType<T> {
  const names = Object.keys(members) as (keyof T)[];
  const tags = names.map((name) => members[name][0]);
  const types = names.map((name): FieldType<T[keyof T]> => members[name][1]);
  const type: RecordType<T> = {
    length(value) {
      let length = 0;
      for (let index = 0; index < names.length; index++) {
        const content = types[index]!.length(value[names[index]!]);
        if (content !== undefined) length += FIELD_HEADER_BYTES + content;
      }
      return length;
    },
    write(value, target, start) {
      let at = start;
      for (let index = 0; index < names.length; index++) {
        const member = value[names[index]!];
        const length = types[index]!.length(member);
        if (length === undefined) continue;
        writeU32(target, at, tags[index]!);
        writeU32(target, at + 4, length);
        types[index]!.write(member, target, at + FIELD_HEADER_BYTES);
        at += FIELD_HEADER_BYTES + length;
      }
    },
    parse(source, start, end) {
      const value: Partial<T> = {};
      let at = start;
      for (let index = 0; index < names.length; index++) {
        const { parse, absent } = types[index]!;
        const last = readU32(source, at) === tags[index] ? endOfField(source, at, end) : undefined;
        const member = last === undefined ? absent : parse(source, at + FIELD_HEADER_BYTES, last);
        if (member === INVALID) return INVALID;
        value[names[index]!] = member;
        if (last !== undefined) at = last;
      }
      return at === end ? (value as T) : INVALID;
    },
    absent: INVALID,
    encode(value) {
      const payload = new Uint8Array(type.length(value)!);
      type.write(value, payload, 0);
      return payload;
    },
    decode: (payload) => type.parse(payload, 0, payload.length),
  };
  return type;
}

const BOOLEAN = 1;
const NUMBER = 2;
const BYTES = 3;

/** An attribute is written as a byte for its kind, followed by its content. */
const attribute: FieldType<ck.AttributeValue> = {
  length: (value) => 1 + (typeof value === "boolean" ? 1 : typeof value === "number" ? NUMBER_BYTES : value.length),
  write(value, target, at) {
    target[at] = typeof value === "boolean" ? BOOLEAN : typeof value === "number" ? NUMBER : BYTES;
    if (typeof value === "boolean") target[at + 1] = value ? 1 : 0;
    else if (typeof value === "number") number.write(value, target, at + 1);
    else target.set(value, at + 1);
  },
  parse(source, start, end) {
    if (start === end) return INVALID;
    if (source[start] === NUMBER) return number.parse(source, start + 1, end);
    if (source[start] === BYTES) return bytes.parse(source, start + 1, end);
    const value = source[start + 1];
    return source[start] === BOOLEAN && end - start === 2 && value! <= 1 ? value === 1 : INVALID;
  },
  absent: INVALID,
};

/** Attributes are written as fields whose tags are CKA_*. Without attributes, the whole field is left out. */
export const attributes: FieldType<ck.Template> = {
  length(template) {
    let length = 0;
    for (const value of template.values()) length += FIELD_HEADER_BYTES + attribute.length(value)!;
    return template.size === 0 ? undefined : length;
  },
  write(template, target, start) {
    let at = start;
    for (const type of Array.from(template.keys()).sort((a, b) => a - b)) {
      const value = template.get(type)!;
      const length = attribute.length(value)!;
      writeU32(target, at, type);
      writeU32(target, at + 4, length);
      attribute.write(value, target, at + FIELD_HEADER_BYTES);
      at += FIELD_HEADER_BYTES + length;
    }
  },
  parse(source, start, end) {
    const template = new Map<number, ck.AttributeValue>();
    let previous = -1;
    for (let at = start; at < end; ) {
      const type = readU32(source, at);
      const last = endOfField(source, at, end);
      if (last === undefined || type <= previous) return INVALID;
      const value = attribute.parse(source, at + FIELD_HEADER_BYTES, last);
      if (value === INVALID) return INVALID;
      template.set(type, value);
      previous = type;
      at = last;
    }
    return template.size === 0 ? INVALID : template;
  },
  absent: new Map(),
};
