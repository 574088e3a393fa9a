/** PKCS #1 v1.5 (RFC 8017, 7.2.1 and 9.2). */
import type * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { hashOid } from "../hash/hash.ts";

/** The least padding has 11 bytes: 00, block type, 8 bytes, 00. */
export const PKCS1_OVERHEAD_BYTES = 11;

export function digestInfo(name: ck.HashName, digest: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(hashOid(name), der.NULL), der.octetString(digest));
}

/** Returns 00 01 FF … FF 00 data; undefined if `data` does not fit. */
export function padSignature(data: Uint8Array, length: number): Uint8Array | undefined {
  return pad(1, data, length, (count) => new Uint8Array(count).fill(0xff));
}

/** Returns 00 02, random bytes other than 0, 00, message; undefined if the message does not fit. */
export function padMessage(
  message: Uint8Array,
  length: number,
  random: (length: number) => Uint8Array,
): Uint8Array | undefined {
  return pad(2, message, length, (count) => nonZero(count, random));
}

function pad(
  blockType: number,
  data: Uint8Array,
  length: number,
  padding: (count: number) => Uint8Array,
): Uint8Array | undefined {
  if (data.length + PKCS1_OVERHEAD_BYTES > length) return undefined;
  const block = new Uint8Array(length);
  block[1] = blockType;
  block.set(padding(length - data.length - 3), 2);
  block.set(data, length - data.length);
  return block;
}

function nonZero(count: number, random: (length: number) => Uint8Array): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let filled = 0; filled < count; ) {
    for (const byte of random(count - filled)) if (byte !== 0) bytes[filled++] = byte;
  }
  return bytes;
}
