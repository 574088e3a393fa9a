/**
 * What a mechanism family does. Families are pure and synchronous: opened keys, parsed parameters and bytes in, bytes out;
 * they see no blob, no template rule, no policy and no context. Their cost decides where they run (here or on a worker
 * thread), so every argument is plain data. When a family lacks a method, its mechanisms do not offer that function.
 *
 * Multi-part operations are values: `*Init` makes a running state, `*Update` makes the next one, and between two calls the
 * running state travels sealed through the caller. It never holds the message, only what follows from it and less than two
 * blocks of pending input.
 */
import type * as ck from "@grep11/cryptoki";
import type { Key, KeyMaterial } from "../objects/key.ts";
import type { Unwrapped, UnwrapTarget } from "../objects/unwrapped.ts";
import type { Cost } from "../primitives/cost.ts";
import type { RandomSource } from "../primitives/random.ts";

/** The running state of a multi-part operation, in the family's own versioned encoding. */
export type RunningState = Uint8Array;

/** Output of one part of a cipher, and what follows. */
export interface CipherStep {
  readonly output: Uint8Array;
  readonly runningState: RunningState;
}

/** A key pair before it has rights. */
export interface KeyPairMaterial {
  readonly publicKey: KeyMaterial;
  readonly privateKey: KeyMaterial;
}

/** What DeriveKey works on besides the base key. */
export interface DeriveInput {
  /** The template of the new key: the family handles class, type, length and curve, but not rights. */
  readonly template: ck.Template;
  /** DeriveKeyRequest.Data. */
  readonly data: Uint8Array;
  /** Keys named inside the parameter, opened, in the order of `MechanismRow.parameterKeys`. */
  readonly parameterKeys: readonly Key[];
}

/** What DeriveKey derived. */
export interface Derived {
  readonly key: KeyMaterial;
  /** Returned instead of the key check value (BIP32: the chain code). */
  readonly checkSum?: Uint8Array;
  /**
   * Whoever knows the derived key and public data can compute the base key (BIP32, not hardened) or its signatures: the
   * new key is then never more extractable than the base key.
   */
  readonly revealsBase?: boolean;
  /**
   * The value consists of unmodified bytes of several secrets, and is not a generic secret of all of them. Whoever knows one
   * secret can then search for the other a byte at a time, or use it as a part of a key whose parts work separately (XTS).
   */
  readonly cutsSecrets?: boolean;
  /** Returned after the key check value (KEM: the ciphertext). */
  readonly checkSumSuffix?: Uint8Array;
}

/** Default number of inline bytes of a family: SHA3-512, one of the slowest, takes 0.9 ms for them. */
export const INLINE_BYTES = 256 * 1024;

/**
 * Inline bytes of algorithms that processors have instructions for: AES and SHA-2 take 0.5 to 1.5 ms for them, and copying
 * them to a thread would take as long again.
 */
export const FAST_INLINE_BYTES = 1280 * 1024;

/** Inline bytes of AES key wrap, which runs AES six times over all of its input, 8 bytes at a time: 8 KiB take a millisecond. */
export const KEY_WRAP_INLINE_BYTES = 8 * 1024;

/** The methods that can be dispatched to a worker thread. */
export type FamilyMethod = Exclude<keyof Family, "cost" | "inlineBytes" | "requireKey" | "carrierBits">;

/**
 * A family of mechanisms. `P` is the parsed parameter of its rows. The last argument of every method that may need
 * randomness is the random source; deterministic methods leave it out.
 */
export interface Family<P = unknown> {
  /** Where `method` should run for `key` with these inputs; without this method: inline. Throws what the method would. */
  cost?(method: FamilyMethod, key: Key | undefined, inputs: readonly unknown[]): Cost;
  /** How many bytes of input it takes inline, by its key where that matters; {@link INLINE_BYTES} if absent. */
  readonly inlineBytes?: number | ((key: Key) => number);
  /**
   * Checks of the key beyond its CKK type, such as the curve; called before every use, for the base key, KEK or operation
   * key. Throws CKR_MECHANISM_INVALID, CKR_KEY_TYPE_INCONSISTENT or CKR_KEY_SIZE_RANGE.
   */
  requireKey?(key: Key, parameter: P): void;

  /** Strength in bits of the key that encrypts the wrapped key, where that is not the KEK itself. */
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

  /** Failures after the key was used are one error: CKR_ENCRYPTED_DATA_INVALID. */
  decrypt?(key: Key, parameter: P, ciphered: Uint8Array): Uint8Array;
  decryptInit?(key: Key, parameter: P): RunningState;
  decryptUpdate?(key: Key, parameter: P, runningState: RunningState, ciphered: Uint8Array): CipherStep;
  decryptFinal?(key: Key, parameter: P, runningState: RunningState): Uint8Array;

  sign?(key: Key, parameter: P, data: Uint8Array, random: RandomSource): Uint8Array;
  /** False: CKR_SIGNATURE_INVALID. A signature of the wrong length throws CKR_SIGNATURE_LEN_RANGE. */
  verify?(key: Key, parameter: P, data: Uint8Array, signature: Uint8Array): boolean;
  /** Start of a multi-part signature or MAC; signing and verifying collect their data alike. */
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

  /** `kek` and `macKey` are undefined where the mechanism takes none. */
  wrap?(kek: Key, parameter: P, key: Key, macKey: Key | undefined, random: RandomSource): Uint8Array;
  /** Failures after the key was used are one error: CKR_WRAPPED_KEY_INVALID. */
  unwrap?(
    kek: Key | undefined,
    parameter: P,
    wrapped: Uint8Array,
    target: UnwrapTarget,
    macKey: Key | undefined,
  ): Unwrapped;

  derive?(baseKey: Key | undefined, parameter: P, input: DeriveInput, random: RandomSource): Derived;
}
