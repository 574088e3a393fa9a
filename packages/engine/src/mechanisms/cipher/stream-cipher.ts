/** What stream ciphers share: encrypting is decrypting, and a running state is version (1) ‖ bytes so far (8, big-endian). */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import type { CipherStep, Family, RunningState } from "../family.ts";

const VERSION = 1;

/** A keystream that can be entered at any byte. */
export interface Keystream<P> {
  /** How many bytes there are. */
  length(parameter: P): bigint;
  /** `data` XOR the keystream from its byte `offset` on. */
  apply(key: Key, parameter: P, offset: number, data: Uint8Array): Uint8Array;
}

/** The family of a stream cipher. Errors: CKR_DATA_LEN_RANGE, in both directions, where the keystream ends. */
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
