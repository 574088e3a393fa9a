/**
 * The uid of a key: 16 bytes that stay the same as long as the key exists. Secret and private keys have a random one, which is
 * made with the key and stored in its blob. Public keys, and keys in version 1 blobs, have one that is derived from the key.
 */

import { hash } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import type { KeyMaterial } from "./key.ts";

/** Length of a uid in bytes. */
export const KEY_UID_BYTES = 16;

const LABEL = new TextEncoder().encode("g11 key uid");

/**
 * The uid of a key that has none stored: the first 16 bytes of SHA-256 over a label, class, type and value. So it stays the same
 * when attributes change, and when a rewrap stores it in a new blob. It must not leave, because it is a hash of the value.
 */
export function impliedUid({ objectClass, keyType, value }: KeyMaterial): Uint8Array {
  const numbers = new Uint8Array(8);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, objectClass);
  view.setUint32(4, keyType);
  const input = concatenate(LABEL, numbers, value);
  const uid = new Uint8Array(hash("sha256", input, "buffer").subarray(0, KEY_UID_BYTES));
  input.fill(0);
  return uid;
}
