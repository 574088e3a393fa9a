/**
 * Authenticated encryption with associated data, in one call or in parts. Decryption has no parts, because it returns nothing
 * before the tag is verified. `P` is the type of the other inputs, such as nonce and associated data.
 */
export interface Aead<P> {
  /** The maximum length of a message in bytes. */
  readonly maxBytes: number;
  tagBytes(parameter: P): number;
  /** Returns ciphertext ‖ tag. */
  seal(key: Uint8Array, parameter: P, plain: Uint8Array): Uint8Array;
  /** Returns the plaintext of ciphertext ‖ tag; undefined if the tag is wrong. `sealed` is at least as long as a tag. */
  open(key: Uint8Array, parameter: P, sealed: Uint8Array): Uint8Array | undefined;
  /** Returns the state of an encryption before the first part. */
  init(key: Uint8Array, parameter: P): Uint8Array;
  /** Whether `state` belongs to an encryption with `parameter`. The methods below must only be called with such states. */
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
  /** Returns the tag of all data so far. */
  final(key: Uint8Array, parameter: P, state: Uint8Array): Uint8Array;
}
