/** Hash functions, in one call or in parts; the running state is plain bytes, whose format is in hash-state.ts. */

import { hash as nodeHash } from "node:crypto";
import type * as ck from "@grep11/cryptoki";
import { compressionInUse } from "../openssl/crypto-backend.ts";
import { absorb, finish, initialState, isState } from "./hash-state.ts";

/** Returns the digest of `data`. */
export function hash(name: ck.HashName, data: Uint8Array): Uint8Array {
  const digest = nodeHash(name, data, "buffer");
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}

/** Returns the state of a hash before any data. */
export function hashInit(name: ck.HashName): Uint8Array {
  return initialState(name);
}

/** Returns the state after `data`; `state` is not changed and can be used again. Throws an Error if it is malformed. */
export function hashUpdate(state: Uint8Array, data: Uint8Array): Uint8Array {
  return absorb(state, data, compressionInUse());
}

/** Returns the digest of all data so far; `state` is not changed. Throws an Error if it is malformed. */
export function hashFinal(state: Uint8Array): Uint8Array {
  return finish(state, compressionInUse());
}

/** Returns whether `state` is a state of `name`. */
export function isHashState(state: Uint8Array, name: ck.HashName): boolean {
  return isState(state, name);
}
