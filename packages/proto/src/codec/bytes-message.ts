/**
 * Serialises messages that only have bytes fields, such as most responses and all parts of long messages, with one allocation of
 * the right size. A general writer would have to grow its buffer and copy the data several times.
 */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";

/** Allocates at least `size` bytes of memory. */
export type Allocate = (size: number) => Uint8Array;

/** The name of a field in the message, and its tag on the wire. */
interface BytesField {
  readonly name: string;
  readonly tag: number;
}

/**
 * Returns a function that serialises messages of `schema`, or undefined if some fields are not singular bytes. In proto3, an
 * empty bytes field is left out. The function writes to the end of the memory from `allocate`, and throws TypeError for a field
 * that is not a Uint8Array.
 */
export function bytesMessageWriter(
  schema: DescMessage,
): ((message: object, allocate?: Allocate) => Uint8Array) | undefined {
  if (!schema.fields.every(isPlainBytes)) return undefined;
  const fields: readonly BytesField[] = [...schema.fields]
    .sort((a, b) => a.number - b.number)
    .map(({ localName, number }) => ({ name: localName, tag: (number << 3) | WireType.LengthDelimited }));
  return (message, allocate) => {
    const values = message as Readonly<Record<string, Uint8Array>>;
    let size = 0;
    for (const { name, tag } of fields) {
      const value = values[name];
      if (!(value instanceof Uint8Array)) throw new TypeError(`${schema.name}.${name} is not bytes`);
      const { length } = value;
      if (length > 0) size += varintBytes(tag) + varintBytes(length) + length;
    }
    const wire = allocate === undefined ? new Uint8Array(size) : allocate(size);
    let position = wire.length - size;
    for (const { name, tag } of fields) {
      const value = values[name]!;
      if (value.length === 0) continue;
      position = writeVarint(wire, writeVarint(wire, position, tag), value.length);
      wire.set(value, position);
      position += value.length;
    }
    return wire;
  };
}

function isPlainBytes(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.BYTES && field.oneof === undefined;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes += 1;
  return bytes;
}

/** Writes `value` at `position` and returns the position after it. */
function writeVarint(wire: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) wire[at++] = (rest & 0x7f) | 0x80;
  wire[at++] = rest;
  return at;
}
