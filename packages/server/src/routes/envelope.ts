/** What gRPC and gRPC-Web put before a message: one byte of flags, and its length in four. */
import { MAX_DATA_BYTES } from "../limits/sizes.ts";
import { tooLarge, unreadable } from "../status.ts";

/** Flags and length. */
export const ENVELOPE_BYTES = 5;

/** The flag of a compressed message. */
export const COMPRESSED = 1;

/**
 * The message in a body of exactly one envelope with these `flags`. Errors: CKR_IBM_TRANSPORT_LIMIT for a length that no RPC
 * takes, CKR_IBM_GREP11_CANNOT_UNMARSHAL.
 */
export function openEnvelope(body: Uint8Array, flags = 0): Uint8Array {
  if (body.length < ENVELOPE_BYTES) throw unreadable();
  const declared = new DataView(body.buffer, body.byteOffset, ENVELOPE_BYTES).getUint32(1);
  if (declared > MAX_DATA_BYTES) throw tooLarge();
  if (body[0] !== flags || body.length !== ENVELOPE_BYTES + declared) throw unreadable();
  return body.subarray(ENVELOPE_BYTES);
}

/** An envelope with room for a message of `size` bytes, from Node's pool: a buffer of its own costs as much as writing it. */
export function allocateEnvelope(size: number): Uint8Array {
  const envelope = Buffer.allocUnsafe(ENVELOPE_BYTES + size);
  envelope[0] = 0;
  envelope.writeUInt32BE(size, 1);
  return envelope;
}
