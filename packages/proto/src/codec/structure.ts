/** A bound on what parsing a message may cost, checked before it is parsed. */
import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { CKR_IBM_GREP11_CANNOT_UNMARSHAL, CKR_IBM_TRANSPORT_LIMIT, CkError } from "@grep11/cryptoki";

/** Most bytes of a message outside its bytes fields: mechanism, templates, key envelopes, whatever is unknown. */
export const MAX_STRUCTURE_BYTES = 65_536;

/**
 * Refuses a message of `schema` that has more than MAX_STRUCTURE_BYTES outside its bytes fields. A bytes field costs
 * nothing to parse, but a map of the same size stops the process for a second. Errors: CKR_IBM_TRANSPORT_LIMIT;
 * CKR_IBM_GREP11_CANNOT_UNMARSHAL for bytes that are no message at all.
 */
export function requireSmallStructure(schema: DescMessage, bytes: Uint8Array): void {
  if (bytes.length <= MAX_STRUCTURE_BYTES) return;
  if (bytes.length - dataBytes(schema, bytes) > MAX_STRUCTURE_BYTES) {
    throw new CkError(CKR_IBM_TRANSPORT_LIMIT, `a ${schema.name} is too large without its data`);
  }
}

/** The bytes that the bytes fields of a message hold; stops counting at the first group, which no message of ours has. */
function dataBytes(schema: DescMessage, bytes: Uint8Array): number {
  const reader = new BinaryReader(bytes);
  let sum = 0;
  try {
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (wireType === WireType.StartGroup) break;
      const start = reader.pos;
      reader.skip(wireType, number);
      if (wireType !== WireType.LengthDelimited) continue;
      const field = schema.fields.find((candidate) => candidate.number === number);
      if (field?.fieldKind === "scalar" && field.scalar === ScalarType.BYTES) sum += reader.pos - start;
    }
  } catch {
    throw new CkError(CKR_IBM_GREP11_CANNOT_UNMARSHAL, `the bytes are no ${schema.name}`);
  }
  return sum;
}
