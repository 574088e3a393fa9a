/**
 * What the block-cipher families share: operations in parts, as values. A running state is a version byte, the chaining block
 * (CBC only) and the bytes that do not yet make a block.
 */

import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import { BLOCK_BYTES, type BlockCipher, crypt, type Direction } from "../../primitives/symmetric/block-cipher.ts";
import type { CipherStep, RunningState } from "../family.ts";

const VERSION = 1;

/** The initialisation vector of CBC; undefined for ECB. */
export type Iv = Uint8Array | undefined;

/** The cipher of a key; throws CKR_KEY_TYPE_INCONSISTENT for keys of no block cipher. */
function cipherOf(key: Key): BlockCipher {
  switch (key.keyType) {
    case ck.CKK_AES:
      return "aes";
    case ck.CKK_DES2:
    case ck.CKK_DES3:
      return "des3";
    default:
      throw ck.CkError.keyTypeInconsistent("the key is neither AES nor triple DES");
  }
}

/** Triple DES is ten times slower. */
const DES_INLINE_BYTES = 32 * 1024;

/** Inline bytes of a family that runs the cipher of its key: those of DES, or `aesBytes`. */
export function inlineBytesWith(aesBytes: number): (key: Key) => number {
  return (key) => (key.keyType === ck.CKK_AES ? aesBytes : DES_INLINE_BYTES);
}

/** Length of a block of the key's cipher. */
export function blockBytesOf(key: Key): number {
  return BLOCK_BYTES[cipherOf(key)];
}

/** Whole blocks through the key's cipher. */
export function cryptBlocks(direction: Direction, key: Key, iv: Iv, data: Uint8Array): Uint8Array {
  return crypt(direction, cipherOf(key), key.value, iv, data);
}

/** The running state of an operation that has seen nothing. */
export function beginBlocks(iv: Iv): RunningState {
  return encode(iv, new Uint8Array(0));
}

/**
 * Takes one more part: puts out the whole blocks, keeps the rest. `withhold` keeps the last block even when it is whole,
 * because it may be the one with the padding.
 */
export function nextBlocks(
  direction: Direction,
  key: Key,
  iv: Iv,
  runningState: RunningState,
  part: Uint8Array,
  withhold: boolean,
): CipherStep {
  const block = blockBytesOf(key);
  const { chaining, pending } = decode(key, iv, runningState);
  const input = pending.length === 0 ? part : concatenate(pending, part);
  const rest = input.length % block;
  const kept = withhold && rest === 0 && input.length > 0 ? block : rest;
  const ready = input.subarray(0, input.length - kept);
  const output = cryptBlocks(direction, key, chaining, ready);
  const ciphered = direction === "encrypt" ? output : ready;
  const next = chaining === undefined || ready.length === 0 ? chaining : ciphered.subarray(-block);
  return { output, runningState: encode(next, input.subarray(input.length - kept)) };
}

/** What is left when no more parts come: the chaining block and the pending bytes, at most one block. */
export function restOfBlocks(key: Key, iv: Iv, runningState: RunningState): { chaining: Iv; pending: Uint8Array } {
  return decode(key, iv, runningState);
}

function encode(chaining: Iv, pending: Uint8Array): RunningState {
  return concatenate(Uint8Array.of(VERSION), chaining ?? new Uint8Array(0), pending);
}

function decode(key: Key, iv: Iv, runningState: RunningState): { chaining: Iv; pending: Uint8Array } {
  const block = blockBytesOf(key);
  const start = iv === undefined ? 1 : 1 + block;
  if (runningState[0] !== VERSION || runningState.length < start || runningState.length > start + block) {
    throw ck.CkError.savedStateInvalid();
  }
  return {
    chaining: iv === undefined ? undefined : runningState.subarray(1, start),
    pending: runningState.subarray(start),
  };
}
