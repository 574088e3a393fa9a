/**
 * The uid of a key: 16 bytes that stay the same as long as the key exists. The uid of a secret or private key is random, is
 * generated together with the key, and is stored in its blob. The uid of a public key, or of a key in a version 1 blob, is
 * derived from the key.
 */

import { hash } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import type { KeyMaterial } from "./key.ts";

/** Length of a uid in bytes. */
export const KEY_UID_BYTES = 16;

const LABEL = new TextEncoder().encode("g11 key uid");

/**
 * Returns the uid of a key without a stored one: the first 16 bytes of SHA-256 over a label, class, type and value. It
 * therefore stays the same when attributes change, and when RewrapKeyBlob stores it in a new blob. It must not leave the
 * engine, because it is a hash of the value.
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
