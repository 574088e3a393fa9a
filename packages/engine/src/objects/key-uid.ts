/**
 * The uid of a key: 16 bytes that stay the same as long as the key exists. Secret and private keys have a random one, made with
 * the key and kept inside its blob. Public keys and blobs from before there were uids have one that follows from the key.
 */

import { hash } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import type { KeyMaterial } from "./key.ts";

/** Length of a uid in bytes. */
export const KEY_UID_BYTES = 16;

const LABEL = new TextEncoder().encode("g11 key uid");

/**
 * The uid of a key that carries none: the first 16 bytes of SHA-256 over a label, class, type and value, so that it survives
 * changes of attributes and a rewrap into a blob that stores it. Never to be shown, since it is a hash of the value.
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
