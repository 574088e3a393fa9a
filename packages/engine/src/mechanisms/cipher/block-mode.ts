/**
 * Operations of block ciphers in parts. A running state is a version byte, the chaining block (CBC only) and the bytes that do
 * not yet fill a block.
 */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import { BLOCK_BYTES, type BlockCipher, crypt } from "../../primitives/symmetric/block-cipher.ts";
import type { Direction } from "../../primitives/symmetric/ciphers.ts";
import type { CipherStep, RunningState } from "../family.ts";

const VERSION = 1;

/** The initialisation vector of CBC; undefined for ECB. */
export type Iv = Uint8Array | undefined;

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

/** How many bytes triple DES processes inline; it is ten times slower than AES. */
const DES_INLINE_BYTES = 32 * 1024;

/** Returns how many bytes a family processes inline for a key. */
export function inlineBytesWith(aesBytes: number): (key: Key) => number {
  return (key) => (key.keyType === ck.CKK_AES ? aesBytes : DES_INLINE_BYTES);
}

export function blockBytesOf(key: Key): number {
  return BLOCK_BYTES[cipherOf(key)];
}

export function cryptBlocks(direction: Direction, key: Key, iv: Iv, data: Uint8Array): Uint8Array {
  return crypt(direction, cipherOf(key), key.value, iv, data);
}

export function beginBlocks(iv: Iv): RunningState {
  return encode(iv, new Uint8Array(0));
}

/**
 * Processes one more part: outputs the whole blocks and keeps the remaining bytes. If `withhold` is true, a whole block
 * at the end is kept as well, because it could contain the padding.
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
  const { chaining, pending } = restOfBlocks(key, iv, runningState);
  const input = pending.length === 0 ? part : concatenate(pending, part);
  const rest = input.length % block;
  const kept = withhold && rest === 0 && input.length > 0 ? block : rest;
  const ready = input.subarray(0, input.length - kept);
  const output = cryptBlocks(direction, key, chaining, ready);
  const ciphered = direction === "encrypt" ? output : ready;
  const next = chaining === undefined || ready.length === 0 ? chaining : ciphered.subarray(-block);
  return { output, runningState: encode(next, input.subarray(input.length - kept)) };
}

function encode(chaining: Iv, pending: Uint8Array): RunningState {
  return concatenate(Uint8Array.of(VERSION), chaining ?? new Uint8Array(0), pending);
}

/** Returns what remains after the last part: the chaining block and the pending bytes, which are at most one block. */
export function restOfBlocks(key: Key, iv: Iv, runningState: RunningState): { chaining: Iv; pending: Uint8Array } {
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
