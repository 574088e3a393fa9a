/** Stream ciphers, which encrypt and decrypt with the same function: AES-CTR and ChaCha20. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import {
  chacha20 as applyChaCha20,
  type ChaChaStart,
  chachaBytesBeforeWrap,
} from "../../primitives/symmetric/chacha20.ts";
import {
  aesCtr as applyCounterMode,
  bytesBeforeWrap,
  type CounterBlock,
} from "../../primitives/symmetric/counter-mode.ts";
import type { CipherStep, Family, RunningState } from "../family.ts";
import { aes, CRYPT, chachaKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

/** A running state is the version (1 byte) and the number of bytes processed (8 bytes, big-endian). */
const VERSION = 1;

interface Keystream<P> {
  /** The length of the keystream in bytes. */
  length(parameter: P): bigint;
  /** Returns `data` XOR the keystream, from byte `offset` of the keystream on. */
  apply(key: Key, parameter: P, offset: number, data: Uint8Array): Uint8Array;
}

/** Throws CKR_DATA_LEN_RANGE if the data extends beyond the end of the keystream. */
function streamFamily<P>({ length, apply }: Keystream<P>): Family<P> {
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

/** CKM_AES_CTR (NIST SP 800-38A, 6.5). Throws CKR_DATA_LEN_RANGE before a counter value would repeat. */
export const aesCtr: Family<CounterBlock> = streamFamily({
  length: bytesBeforeWrap,
  apply: (key, counter, offset, data) => applyCounterMode(key.value, counter, offset, data),
});

/** CKM_CHACHA20 (RFC 8439, 2.4), without authentication. Throws CKR_DATA_LEN_RANGE before a counter value would repeat. */
export const chacha20: Family<ChaChaStart> = streamFamily({
  length: chachaBytesBeforeWrap,
  apply: (key, start, offset, data) => applyChaCha20(key.value, start, offset, data),
});

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_CTR, { ...aes, flags: CRYPT, shape: "multi", family: aesCtr }),
  row(ck.CKM_CHACHA20, { ...chachaKeys, flags: CRYPT, shape: "multi", family: chacha20 }),
];
