/**
 * Authenticated encryption with associated data. Encryption also works in parts, whose running state is a value in the
 * cipher's own versioned encoding; decryption releases nothing before the tag is verified, so it has no parts.
 */

/** A cipher; `P` is what a message is encrypted with besides the key. */
export interface Aead<P> {
  /** Longest message in bytes. */
  readonly maxBytes: number;
  tagBytes(parameter: P): number;
  /** Ciphertext ‖ tag. */
  seal(key: Uint8Array, parameter: P, plain: Uint8Array): Uint8Array;
  /** The plaintext of ciphertext ‖ tag, which is at least as long as a tag; undefined if the tag is wrong. */
  open(key: Uint8Array, parameter: P, sealed: Uint8Array): Uint8Array | undefined;
  /** The state of an encryption before any part. */
  init(key: Uint8Array, parameter: P): Uint8Array;
  /** Whether the bytes are a state of an encryption with `parameter`. The functions below accept only those. */
  isState(state: Uint8Array, parameter: P): boolean;
  /** How many bytes of the message have been encrypted. */
  bytesSeen(state: Uint8Array, parameter: P): number;
  /** Encrypts one more part; `state` is not changed. */
  update(
    key: Uint8Array,
    parameter: P,
    state: Uint8Array,
    plain: Uint8Array,
  ): { state: Uint8Array; ciphered: Uint8Array };
  /** The tag of all data so far. */
  final(key: Uint8Array, parameter: P, state: Uint8Array): Uint8Array;
}
