/** The parameter CK_MAC_GENERAL_PARAMS, which is the length of a MAC. */
import type * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { requireThat } from "./field.ts";
import { Parameter } from "./parameter.ts";

/** The minimum length of a MAC in bytes. PKCS #11 v3.2 (6.21.3) allows it, citing FIPS 198. */
const MIN_MAC_BYTES = 4;

/**
 * The length of a MAC in bytes, from 4 to `max`. It is written as 4 bytes big-endian, and accepted in these forms:
 * - as 4 or 8 bytes big-endian,
 * - as 4 or 8 bytes little-endian, as programs in C have it in memory; a number this small cannot be mistaken for one in the
 *   other byte order,
 * - as a protobuf message with the length in field 1.
 */
export function macLength(max: number): Parameter<number> {
  return new Parameter<number>({
    form: "length of the MAC in bytes (4: from 4 to the whole MAC), also in 8 bytes, little-endian, or as HMACGeneralParm",
    members: [{ name: "length", key: "length", kind: "number", optional: false }],
    read(parameter) {
      const length = readings(parameter).find((each) => each >= BigInt(MIN_MAC_BYTES) && each <= BigInt(max));
      requireThat(length !== undefined, `the MAC must have ${MIN_MAC_BYTES} to ${max} bytes`);
      return Number(length);
    },
    write: (length) => wireForm([length]),
    writeMembers: ({ length }) => wireForm([Number(length)]),
  });
}

function readings(parameter: ck.MechanismParameter | undefined): readonly bigint[] {
  requireThat(parameter instanceof Uint8Array, "the parameter must be bytes");
  const view = new DataView(parameter.buffer, parameter.byteOffset, parameter.byteLength);
  switch (parameter.length) {
    case 2:
      return parameter[0] === 0x08 ? [BigInt(parameter[1]!)] : [];
    case 4:
      return [BigInt(view.getUint32(0)), BigInt(view.getUint32(0, true))];
    case 8:
      return [view.getBigUint64(0), view.getBigUint64(0, true)];
    default:
      return [];
  }
}
