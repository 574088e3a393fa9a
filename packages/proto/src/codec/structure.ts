/** Checks that a message will not take long to parse. */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import * as ck from "@grep11/cryptoki";

/**
 * How many bytes a message may have outside of its bytes fields, for its mechanism, templates, key envelopes and unknown fields.
 */
export const MAX_STRUCTURE_BYTES = 65_536;

/**
 * Refuses a message of `schema` that has more than MAX_STRUCTURE_BYTES outside of its bytes fields. Parsing a bytes field costs
 * nothing, but parsing a map of the same size blocks the process for a second. Even counting the bytes of such a map would take
 * long, so counting stops at the limit. Errors: CKR_IBM_TRANSPORT_LIMIT; CKR_IBM_GREP11_CANNOT_UNMARSHAL for bytes that are not a
 * message.
 */
export function requireSmallStructure(schema: DescMessage, bytes: Uint8Array): void {
  if (bytes.length <= MAX_STRUCTURE_BYTES || hasSmallStructure(schema, bytes)) return;
  throw new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, `a ${schema.name} is too large, even without its data`);
}

function hasSmallStructure(schema: DescMessage, bytes: Uint8Array): boolean {
  const bytesFields = new Set(schema.fields.filter(isBytes).map((field) => field.number));
  const reader = new BinaryReader(bytes);
  let data = 0;
  try {
    while (reader.pos < reader.len && reader.pos - data <= MAX_STRUCTURE_BYTES) {
      const [number, wireType] = reader.tag();
      // No GREP11 message has groups, so all bytes from here on count as structure.
      if (wireType === WireType.StartGroup) break;
      const start = reader.pos;
      reader.skip(wireType, number);
      if (wireType === WireType.LengthDelimited && bytesFields.has(number)) data += reader.pos - start;
    }
  } catch {
    throw new ck.CkError(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL, `the bytes are not a ${schema.name}`);
  }
  return bytes.length - data <= MAX_STRUCTURE_BYTES;
}

function isBytes(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.BYTES;
}
