/**
 * What a mechanism family does. The methods of a family are pure and synchronous: they take opened keys, parsed parameters and
 * bytes, and return bytes. They know nothing of blobs, template rules, policies and contexts. Their cost determines where they
 * run, on the event loop or on a worker thread, so every argument is plain data. If a family lacks a method, its mechanisms do
 * not support the corresponding function.
 *
 * The state of a multi-part operation is a value: `*Init` returns a running state and `*Update` returns the next one. Between
 * two calls, the caller holds it in sealed form. It never contains the message, only values derived from it and less than two
 * blocks of pending input.
 */
import type * as ck from "@grep11/cryptoki";
import type { Key, KeyMaterial } from "../objects/key.ts";
import type { Unwrapped, UnwrapTarget } from "../objects/unwrapped.ts";
import type { Cost } from "../primitives/cost.ts";
import type { RandomSource } from "../primitives/random.ts";

/** The running state of a multi-part operation, in the family's own versioned encoding. */
export type RunningState = Uint8Array;

/** Output of one part of a cipher operation, and the state after it. */
export interface CipherStep {
  readonly output: Uint8Array;
  readonly runningState: RunningState;
}

/** A new key pair without attributes. */
export interface KeyPairMaterial {
  readonly publicKey: KeyMaterial;
  readonly privateKey: KeyMaterial;
}

/** The inputs of DeriveKey other than the base key. */
export interface DeriveInput {
  /** The template of the new key. The family reads its class, type, length and curve, but not its rights. */
  readonly template: ck.Template;
  /** DeriveKeyRequest.Data. */
  readonly data: Uint8Array;
  /** The opened keys that the parameter contains, in the order of `MechanismRow.parameterKeys`. */
  readonly parameterKeys: readonly Key[];
}

/** The result of DeriveKey. */
export interface Derived {
  readonly key: KeyMaterial;
  /** Returned instead of the key check value (BIP32: the chain code). */
  readonly checkSum?: Uint8Array;
  /**
   * Anyone who knows the derived key and public values can compute the base key (BIP32 without hardening) or what it signs.
   * The new key is therefore never more extractable than the base key.
   */
  readonly revealsBase?: boolean;
  /**
   * The value consists of unmodified bytes of several secrets, and is not a generic secret that contains all of them. Anyone
   * who knows one secret could search for the other one byte at a time, or use it as part of a key whose parts work
   * separately (XTS).
   */
  readonly cutsSecrets?: boolean;
  /** Appended to the key check value (KEM: the ciphertext). */
  readonly checkSumSuffix?: Uint8Array;
}

/**
 * How many bytes of input a family processes inline by default: SHA3-512, one of the slowest algorithms, takes 0.9 ms for
 * them.
 */
export const INLINE_BYTES = 256 * 1024;

/**
 * How many bytes are processed inline by algorithms with processor instructions: AES and SHA-2 take 0.5 to 1.5 ms for them,
 * and copying them to a thread would take as long again.
 */
export const FAST_INLINE_BYTES = 1280 * 1024;

/**
 * How many bytes AES key wrap processes inline. It runs AES six times over its whole input, 8 bytes at a time: 8 KiB take a
 * millisecond.
 */
export const KEY_WRAP_INLINE_BYTES = 8 * 1024;

/** The methods that can be dispatched to a worker thread. */
export type FamilyMethod = Exclude<keyof Family, "cost" | "inlineBytes" | "requireKey" | "carrierBits">;

/**
 * A family of mechanisms. `P` is the parsed parameter of its rows. Methods that may need randomness take the random source as
 * their last argument; deterministic methods do not have this argument.
 */
export interface Family<P = unknown> {
  /**
   * Returns where `method` should run for `key` with these inputs. Families without `cost` always run inline. Throws the
   * errors of the method.
   */
  cost?(method: FamilyMethod, key: Key | undefined, inputs: readonly unknown[]): Cost;
  /** How many bytes of input are processed inline, or a function that returns this for a key; default: {@link INLINE_BYTES}. */
  readonly inlineBytes?: number | ((key: Key) => number);
  /**
   * Checks the base key, KEK or operation key for more than its CKK type, for example its curve. Called before every use.
   * Throws CKR_MECHANISM_INVALID, CKR_KEY_TYPE_INCONSISTENT or CKR_KEY_SIZE_RANGE.
   */
  requireKey?(key: Key, parameter: P): void;

  /** Returns the strength in bits of the key that encrypts the wrapped key, if that is not the KEK itself. */
  carrierBits?(parameter: P): number;

  /** Digests have no key: `key` is NO_KEY. */
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
  /**
   * Returns false for an invalid signature, which callers report as CKR_SIGNATURE_INVALID. Throws CKR_SIGNATURE_LEN_RANGE for
   * a signature of the wrong length.
   */
  verify?(key: Key, parameter: P, data: Uint8Array, signature: Uint8Array): boolean;
  /** Starts a multi-part signature or MAC; signing and verification process their data in the same way. */
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

  /** `kek` and `macKey` are undefined if the mechanism does not use them. */
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
