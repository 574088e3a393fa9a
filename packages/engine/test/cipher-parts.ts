/** Runs a cipher in parts. The running state is copied between calls, as if each call were in another process. */
import { concatenate } from "@grep11/encoding";
import type { Family } from "../src/mechanisms/family.ts";
import type { Key } from "../src/objects/key.ts";

/** The random source of families that use no randomness. Throws when it is called. */
export function noRandom(): never {
  throw new Error("this family must not use randomness");
}

/** Copies a key into another array, as if another process had opened it. */
function reopened(key: Key): Key {
  return { ...key, value: key.value.slice() };
}

/** Returns the concatenated outputs of all calls. */
export function encryptInParts<P>(family: Family<P>, key: Key, parameter: P, parts: readonly Uint8Array[]): Uint8Array {
  let runningState = family.encryptInit!(key, parameter, noRandom);
  const outputs = parts.map((part) => {
    const step = family.encryptUpdate!(reopened(key), parameter, runningState, part);
    runningState = step.runningState.slice();
    return step.output;
  });
  return concatenate(...outputs, family.encryptFinal!(reopened(key), parameter, runningState));
}

/** Returns the concatenated outputs of all calls. */
export function decryptInParts<P>(family: Family<P>, key: Key, parameter: P, parts: readonly Uint8Array[]): Uint8Array {
  let runningState = family.decryptInit!(key, parameter);
  const outputs = parts.map((part) => {
    const step = family.decryptUpdate!(reopened(key), parameter, runningState, part);
    runningState = step.runningState.slice();
    return step.output;
  });
  return concatenate(...outputs, family.decryptFinal!(reopened(key), parameter, runningState));
}

/**
 * Encrypts `parts`, and after each part ends a copy of the operation. Returns the plaintext and ciphertext so far of
 * each copy; a single call must give the same ciphertext.
 */
export function forksOfEncryption<P>(
  family: Family<P>,
  key: Key,
  parameter: P,
  parts: readonly Uint8Array[],
): { readonly plain: Uint8Array; readonly ciphered: Uint8Array }[] {
  let runningState = family.encryptInit!(key, parameter, noRandom);
  let plain = new Uint8Array(0);
  let output = new Uint8Array(0);
  return parts.map((part) => {
    const step = family.encryptUpdate!(reopened(key), parameter, runningState, part);
    const again = family.encryptUpdate!(key, parameter, runningState, part);
    if (Buffer.compare(step.runningState, again.runningState) !== 0)
      throw new Error("two branches of an operation differ");
    runningState = step.runningState;
    plain = concatenate(plain, part) as Uint8Array<ArrayBuffer>;
    output = concatenate(output, step.output) as Uint8Array<ArrayBuffer>;
    return { plain, ciphered: concatenate(output, family.encryptFinal!(key, parameter, runningState)) };
  });
}
