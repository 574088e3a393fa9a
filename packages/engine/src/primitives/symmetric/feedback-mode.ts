/**
 * AES in the modes OFB, CFB with segments of 128 bits, and CFB with segments of 8 bits (NIST SP 800-38A, 6.3 and 6.4); OpenSSL does
 * the work. All three are stream ciphers whose next block of keystream comes from a register.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { secretKeyObject } from "../keys/key-objects.ts";
import { crypt, type Direction } from "./block-cipher.ts";

/** The modes by their names in OpenSSL. */
export type FeedbackMode = "ofb" | "cfb" | "cfb8";

const BLOCK_BYTES = 16;

/** Where a message is: the register, and what is known of the next one: less than a block. */
export interface FeedbackState {
  readonly register: Uint8Array;
  readonly fed: Uint8Array;
}

/** `data` as the continuation of a message at `state`, and the state after it. `key` has 16, 24 or 32 bytes. */
export function feedback(
  mode: FeedbackMode,
  direction: Direction,
  key: Uint8Array,
  { register, fed }: FeedbackState,
  data: Uint8Array,
): { readonly output: Uint8Array; readonly next: FeedbackState } {
  // The rest of a block that an earlier part has begun.
  const begun = fed.length === 0 ? data.subarray(0, 0) : data.subarray(0, BLOCK_BYTES - fed.length);
  const keystream = begun.length === 0 ? begun : crypt("encrypt", "aes", key, undefined, register).subarray(fed.length);
  const head = begun.map((byte, at) => byte ^ keystream[at]!);
  const atBlock = shift(mode, register, concatenate(fed, fedBy(mode, direction, begun, head)));
  const rest = data.subarray(begun.length);
  if (rest.length === 0) return { output: head, next: atBlock };
  const name = `aes-${key.length * 8}-${mode}`;
  const create = direction === "encrypt" ? createCipheriv : createDecipheriv;
  const tail = new Uint8Array(create(name, secretKeyObject(key), atBlock.register).update(rest));
  const next = shift(mode, atBlock.register, fedBy(mode, direction, rest, tail));
  return { output: begun.length === 0 ? tail : concatenate(head, tail), next };
}

/** What a piece of a message puts into the register: the ciphertext (CFB), or the keystream (OFB). */
function fedBy(mode: FeedbackMode, direction: Direction, input: Uint8Array, output: Uint8Array): Uint8Array {
  if (mode === "ofb") return output.map((byte, at) => byte ^ input[at]!);
  return direction === "encrypt" ? output : input;
}

/** The register after `fed`: its last whole block, for CFB-8 its last bytes; and what is left of it. */
function shift(mode: FeedbackMode, register: Uint8Array, fed: Uint8Array): FeedbackState {
  const whole = mode === "cfb8" ? fed.length : fed.length - (fed.length % BLOCK_BYTES);
  const all = whole < BLOCK_BYTES ? concatenate(register, fed.subarray(0, whole)) : fed.subarray(0, whole);
  return { register: all.slice(-BLOCK_BYTES), fed: fed.slice(whole) };
}
