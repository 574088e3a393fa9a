/**
 * What stream ciphers share: encryption and decryption are the same function, and a running state is version (1) ‖ number of
 * bytes processed (8, big-endian).
 */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { CipherStep, Family, RunningState } from "../family.ts";

const VERSION = 1;

/** A keystream that can be read from any byte. */
export interface Keystream<P> {
  /** Returns the length of the keystream in bytes. */
  length(parameter: P): bigint;
  /** Returns `data` XOR the keystream, which is read from its byte `offset`. */
  apply(key: Key, parameter: P, offset: number, data: Uint8Array): Uint8Array;
}

/**
 * Returns the family of a stream cipher. Throws CKR_DATA_LEN_RANGE, for encryption and decryption, if the data extends beyond
 * the end of the keystream.
 */
export function streamFamily<P>({ length, apply }: Keystream<P>): Family<P> {
  function crypt(key: Key, parameter: P, offset: number, data: Uint8Array): Uint8Array {
    if (BigInt(offset) + BigInt(data.length) > length(parameter)) {
      throw ck.CkError.dataLenRange("the counter has no more blocks for this data");
    }
    return apply(key, parameter, offset, data);
  }

  function update(key: Key, parameter: P, runningState: RunningState, data: Uint8Array): CipherStep {
    const offset = parse(runningState);
    const output = crypt(key, parameter, offset, data);
    return { output, runningState: encode(offset + data.length) };
  }

  function final(_key: Key, _parameter: P, runningState: RunningState): Uint8Array {
    parse(runningState);
    return new Uint8Array(0);
  }

  return {
    encrypt: (key, parameter, plain) => crypt(key, parameter, 0, plain),
    encryptInit: () => encode(0),
    encryptUpdate: update,
    encryptFinal: final,
    decrypt: (key, parameter, ciphered) => crypt(key, parameter, 0, ciphered),
    decryptInit: () => encode(0),
    decryptUpdate: update,
    decryptFinal: final,
  };
}

function encode(offset: number): RunningState {
  const runningState = new Uint8Array(9);
  runningState[0] = VERSION;
  new DataView(runningState.buffer).setBigUint64(1, BigInt(offset));
  return runningState;
}

function parse(runningState: RunningState): number {
  if (runningState[0] !== VERSION || runningState.length !== 9) throw ck.CkError.savedStateInvalid();
  return Number(new DataView(runningState.buffer, runningState.byteOffset).getBigUint64(1));
}
