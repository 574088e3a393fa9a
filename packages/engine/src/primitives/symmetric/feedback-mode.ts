/** AES in OFB and CFB mode (NIST SP 800-38A, 6.3 and 6.4), which encrypt a register to compute the next block of keystream. */
import { concatenate } from "@grep11/encoding";
import { ciphersInUse } from "../openssl/crypto-backend.ts";
import { crypt } from "./block-cipher.ts";
import type { Direction } from "./ciphers.ts";

/** The names of the modes in OpenSSL. */
export type FeedbackMode = "ofb" | "cfb" | "cfb8";

const BLOCK_BYTES = 16;

/** A position in a message: the register, and the bytes of the next register that are known so far, less than a block. */
export interface FeedbackState {
  readonly register: Uint8Array;
  readonly fed: Uint8Array;
}

/** Processes the next part of a message. Returns the output, and the state for the part after it. */
export function feedback(
  mode: FeedbackMode,
  direction: Direction,
  key: Uint8Array,
  { register, fed }: FeedbackState,
  data: Uint8Array,
): { readonly output: Uint8Array; readonly next: FeedbackState } {
  // These bytes complete a block that an earlier part has begun.
  const begun = fed.length === 0 ? data.subarray(0, 0) : data.subarray(0, BLOCK_BYTES - fed.length);
  const keystream = begun.length === 0 ? begun : crypt("encrypt", "aes", key, undefined, register).subarray(fed.length);
  const head = begun.map((byte, at) => byte ^ keystream[at]!);
  const atBlock = shift(mode, register, concatenate(fed, fedBy(mode, direction, begun, head)));
  const rest = data.subarray(begun.length);
  if (rest.length === 0) return { output: head, next: atBlock };
  const name = `aes-${key.length * 8}-${mode}`;
  const tail = ciphersInUse().crypt(name, direction, key, atBlock.register, rest);
  // The bytes of `rest` before `from` have no effect on the next state.
  const from = Math.max(0, rest.length - (rest.length % BLOCK_BYTES) - BLOCK_BYTES);
  const next = shift(mode, atBlock.register, fedBy(mode, direction, rest.subarray(from), tail.subarray(from)));
  return { output: begun.length === 0 ? tail : concatenate(head, tail), next };
}

/** Returns the bytes that a part of a message shifts into the register: the ciphertext (CFB) or the keystream (OFB). */
function fedBy(mode: FeedbackMode, direction: Direction, input: Uint8Array, output: Uint8Array): Uint8Array {
  if (mode === "ofb") return output.map((byte, at) => byte ^ input[at]!);
  return direction === "encrypt" ? output : input;
}

/**
 * Shifts `fed` into `register` and returns the new state. CFB-8 shifts in every byte. The other modes shift in only
 * whole blocks, and the new state keeps the bytes after the last whole block as its `fed`.
 */
function shift(mode: FeedbackMode, register: Uint8Array, fed: Uint8Array): FeedbackState {
  const whole = mode === "cfb8" ? fed.length : fed.length - (fed.length % BLOCK_BYTES);
  const all = whole < BLOCK_BYTES ? concatenate(register, fed.subarray(0, whole)) : fed.subarray(0, whole);
  return { register: all.slice(-BLOCK_BYTES), fed: fed.slice(whole) };
}
