/** A bound on what parsing a message may cost, checked before it is parsed. */
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import * as ck from "@grep11/cryptoki";

/** Most bytes of a message outside its bytes fields: mechanism, templates, key envelopes, whatever is unknown. */
export const MAX_STRUCTURE_BYTES = 65_536;

/**
 * Refuses a message of `schema` that has more than MAX_STRUCTURE_BYTES outside its bytes fields. A bytes field costs
 * nothing to parse, but a map of the same size stops the process for a second; so does counting all of it, which ends when
 * there is too much. Errors: CKR_IBM_TRANSPORT_LIMIT; CKR_IBM_GREP11_CANNOT_UNMARSHAL for bytes that are no message at all.
 */
export function requireSmallStructure(schema: DescMessage, bytes: Uint8Array): void {
  if (bytes.length <= MAX_STRUCTURE_BYTES || hasSmallStructure(schema, bytes)) return;
  throw new ck.CkError(ck.CKR_IBM_TRANSPORT_LIMIT, `a ${schema.name} is too large without its data`);
}

function hasSmallStructure(schema: DescMessage, bytes: Uint8Array): boolean {
  const bytesFields = new Set(schema.fields.filter(isBytes).map((field) => field.number));
  const reader = new BinaryReader(bytes);
  let data = 0;
  try {
    while (reader.pos < reader.len && reader.pos - data <= MAX_STRUCTURE_BYTES) {
      const [number, wireType] = reader.tag();
      // No message of ours has groups: whatever follows is structure.
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
