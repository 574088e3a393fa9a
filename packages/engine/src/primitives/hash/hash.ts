/** Hash functions: in one call, and in parts whose running state is plain bytes (form: hash-state.ts). */

import { hash as nodeHash } from "node:crypto";
import type * as ck from "@grep11/cryptoki";
import { compressionInUse } from "../openssl/crypto-backend.ts";
import { absorb, finish, initialState, isState } from "./hash-state.ts";

/** The digest of `data`. */
export function hash(name: ck.HashName, data: Uint8Array): Uint8Array {
  const digest = nodeHash(name, data, "buffer");
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}

/** The state of a hash before any data. */
export function hashInit(name: ck.HashName): Uint8Array {
  return initialState(name);
}

/** The state after `data`; `state` is not changed and can be used again. Throws an Error if it is malformed. */
export function hashUpdate(state: Uint8Array, data: Uint8Array): Uint8Array {
  return absorb(state, data, compressionInUse());
}

/** The digest of all data so far; `state` is not changed. Throws an Error if it is malformed. */
export function hashFinal(state: Uint8Array): Uint8Array {
  return finish(state, compressionInUse());
}

/** Whether the bytes are a state of `name`. */
export function isHashState(state: Uint8Array, name: ck.HashName): boolean {
  return isState(state, name);
}
