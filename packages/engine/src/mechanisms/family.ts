/**
 * A family carries out mechanisms that differ only in details. Its methods are pure and synchronous: they know nothing of
 * blobs, policies or contexts. They may run on a worker thread, so every argument is plain data. If a family lacks a
 * method, its mechanisms do not support that function.
 *
 * The state of a multi-part operation is a value: `*Init` returns a running state and `*Update` returns the next one.
 * Between two calls, the caller holds it in sealed form. It never contains the message, only values derived from it and
 * less than two blocks of pending input.
 */
import type * as ck from "@grep11/cryptoki";
import type { Key, KeyMaterial } from "../objects/key.ts";
import type { Unwrapped, UnwrapTarget } from "../objects/unwrapped.ts";
import type { Cost } from "../primitives/cost.ts";
import type { RandomSource } from "../primitives/random.ts";

/** The state of a multi-part operation, in the family's own versioned encoding. */
export type RunningState = Uint8Array;

/** The output for one part of the input, and the state after it. */
export interface CipherStep {
  readonly output: Uint8Array;
  readonly runningState: RunningState;
}

export interface KeyPairMaterial {
  readonly publicKey: KeyMaterial;
  readonly privateKey: KeyMaterial;
}

/** What DeriveKey gets besides the base key. */
export interface DeriveInput {
  /** The template of the new key. The family reads the class, type, length and curve, but not the rights. */
  readonly template: ck.Template;
  /** DeriveKeyRequest.Data. */
  readonly data: Uint8Array;
  /** The opened keys in the parameter, in the order of `MechanismRow.parameterKeys`. */
  readonly parameterKeys: readonly Key[];
}

export interface Derived {
  readonly key: KeyMaterial;
  /** Replaces the key check value in the response. BIP32 returns the chain code here. */
  readonly checkSum?: Uint8Array;
  /**
   * Whether anyone who knows the new key can compute the base key (as in BIP32 without hardening), or the MACs that the
   * base key makes. If so, the new key is never more extractable than the base key.
   */
  readonly revealsBase?: boolean;
  /**
   * Whether the new key is cut from several concatenated secrets. A caller who knows one of the secrets could then find
   * the other secret one byte at a time. The caller could also use the other secret as part of a key whose parts work
   * separately (XTS).
   */
  readonly cutsSecrets?: boolean;
  /** Follows the key check value in the response: a KEM's ciphertext. */
  readonly checkSumSuffix?: Uint8Array;
}

/** How many bytes are processed inline by default: SHA3-512, one of the slowest algorithms, takes 0.9 ms for them. */
export const INLINE_BYTES = 256 * 1024;

/** The same limit for AES and SHA-2: they take 0.5 to 1.5 ms, and copying the bytes to a thread would take as long again. */
export const FAST_INLINE_BYTES = 1280 * 1024;

/** The same limit for AES key wrap, which runs AES six times over its whole input: it takes a millisecond for 8 KiB. */
export const KEY_WRAP_INLINE_BYTES = 8 * 1024;

/** The methods that can be dispatched to a worker thread. */
export type FamilyMethod = Exclude<keyof Family, "cost" | "inlineBytes" | "requireKey" | "carrierBits">;

/** A family of mechanisms. `P` is the parsed parameter. Only methods that may need randomness have `random`. */
export interface Family<P = unknown> {
  /** Returns where `method` should run; default: always inline. Throws the errors of the method. */
  cost?(method: FamilyMethod, key: Key | undefined, inputs: readonly unknown[]): Cost;
  /** How many bytes of input are processed inline, or a function that returns this; default: {@link INLINE_BYTES}. */
  readonly inlineBytes?: number | ((key: Key) => number);
  /**
   * Checks more of a key than its CKK type, for example its curve, before every use.
   * Throws CKR_MECHANISM_INVALID, CKR_KEY_TYPE_INCONSISTENT or CKR_KEY_SIZE_RANGE.
   */
  requireKey?(key: Key, parameter: P): void;

  /**
   * Returns the strength in bits of the key that encrypts the wrapped key, for mechanisms where the KEK does not do so
   * itself.
   */
  carrierBits?(parameter: P): number;

  /** `key` is NO_KEY, because digests have no key. */
  digest?(key: Key, parameter: P, data: Uint8Array): Uint8Array;
  digestInit?(key: Key, parameter: P): RunningState;
  digestUpdate?(key: Key, parameter: P, runningState: RunningState, data: Uint8Array): RunningState;
  digestFinal?(key: Key, parameter: P, runningState: RunningState): Uint8Array;

  encrypt?(key: Key, parameter: P, plain: Uint8Array, random: RandomSource): Uint8Array;
  encryptInit?(key: Key, parameter: P, random: RandomSource): RunningState;
  encryptUpdate?(key: Key, parameter: P, runningState: RunningState, plain: Uint8Array): CipherStep;
  encryptFinal?(key: Key, parameter: P, runningState: RunningState): Uint8Array;

  /** All failures after the first use of the key throw the same error: CKR_ENCRYPTED_DATA_INVALID. */
  decrypt?(key: Key, parameter: P, ciphered: Uint8Array): Uint8Array;
  decryptInit?(key: Key, parameter: P): RunningState;
  decryptUpdate?(key: Key, parameter: P, runningState: RunningState, ciphered: Uint8Array): CipherStep;
  decryptFinal?(key: Key, parameter: P, runningState: RunningState): Uint8Array;

  sign?(key: Key, parameter: P, data: Uint8Array, random: RandomSource): Uint8Array;
  /** Returns false for an invalid signature. Throws CKR_SIGNATURE_LEN_RANGE for a signature of the wrong length. */
  verify?(key: Key, parameter: P, data: Uint8Array, signature: Uint8Array): boolean;
  /** Starts a multi-part signature, MAC or verification. */
  signatureInit?(key: Key, parameter: P): RunningState;
  signatureUpdate?(key: Key, parameter: P, runningState: RunningState, data: Uint8Array): RunningState;
  signFinal?(key: Key, parameter: P, runningState: RunningState, random: RandomSource): Uint8Array;
  verifyFinal?(key: Key, parameter: P, runningState: RunningState, signature: Uint8Array): boolean;

  generateKey?(parameter: P, template: ck.Template, random: RandomSource): KeyMaterial;
  generateKeyPair?(
    parameter: P,
    publicTemplate: ck.Template,
    privateTemplate: ck.Template,
    random: RandomSource,
  ): KeyPairMaterial;

  /** `macKey`, and `kek` in `unwrap`, are undefined if the mechanism does not use them. */
  wrap?(kek: Key, parameter: P, key: Key, macKey: Key | undefined, random: RandomSource): Uint8Array;
  /** All failures after the first use of the key throw the same error: CKR_WRAPPED_KEY_INVALID. */
  unwrap?(
    kek: Key | undefined,
    parameter: P,
    wrapped: Uint8Array,
    target: UnwrapTarget,
    macKey: Key | undefined,
  ): Unwrapped;

  derive?(baseKey: Key | undefined, parameter: P, input: DeriveInput, random: RandomSource): Derived;
}
