/**
 * Reads and writes the envelope of gRPC and gRPC-Web: one byte of flags and the message's length in four bytes,
 * followed by the message.
 */
import { ENVELOPE_BYTES } from "@grep11/proto";
import { MAX_DATA_BYTES } from "../limits/sizes.ts";
import { tooLarge, unreadable } from "../status.ts";

export { ENVELOPE_BYTES };

/** The flag that marks a compressed message. */
export const COMPRESSED = 1;

/**
 * Returns the message in a body that consists of exactly one envelope with these `flags`. Throws
 * CKR_IBM_TRANSPORT_LIMIT if the length is beyond the limit of every RPC, and CKR_IBM_GREP11_CANNOT_UNMARSHAL for any
 * other body.
 */
export function openEnvelope(body: Uint8Array, flags = 0): Uint8Array {
  if (body.length < ENVELOPE_BYTES) throw unreadable();
  const declared = new DataView(body.buffer, body.byteOffset, ENVELOPE_BYTES).getUint32(1);
  if (declared > MAX_DATA_BYTES) throw tooLarge();
  if (body[0] !== flags || body.length !== ENVELOPE_BYTES + declared) throw unreadable();
  return body.subarray(ENVELOPE_BYTES);
}

/**
 * Allocates an envelope for a message of `size` bytes. The caller writes the message into it. The memory comes from
 * Node's buffer pool, because allocating a separate buffer takes too long.
 */
export function allocateEnvelope(size: number): Uint8Array {
  const envelope = Buffer.allocUnsafe(ENVELOPE_BYTES + size);
  envelope[0] = 0;
  envelope.writeUInt32BE(size, 1);
  return envelope;
}

/** Returns `message` in an envelope with these `flags`. */
export function encloseMessage(message: Uint8Array, flags = 0): Uint8Array {
  const envelope = allocateEnvelope(message.length);
  envelope[0] = flags;
  envelope.set(message, ENVELOPE_BYTES);
  return envelope;
}
