/** CKM_AES_OFB, CKM_AES_CFB8 and CKM_AES_CFB128 (NIST SP 800-38A, 6.3 and 6.4; PKCS #11 v3.2, 6.10). */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import type { Direction } from "../../primitives/symmetric/ciphers.ts";
import { type FeedbackMode, type FeedbackState, feedback } from "../../primitives/symmetric/feedback-mode.ts";
import { type CipherStep, FAST_INLINE_BYTES, type Family, type RunningState } from "../family.ts";
import { aes, CRYPT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

const VERSION = 1;
const BLOCK_BYTES = 16;
/** CFB-8 runs AES once per byte, so only this many bytes are processed inline. */
const CFB8_INLINE_BYTES = 32 * 1024;
const NOTHING = new Uint8Array(0);

/** A running state is version (1) ‖ register (16) ‖ those bytes of the next register that are known so far (0 to 15). */
function feedbackFamily(mode: FeedbackMode, inlineBytes: number): Family<Uint8Array> {
  const whole = (direction: Direction) => (key: Key, iv: Uint8Array, data: Uint8Array) =>
    feedback(mode, direction, key.value, { register: iv, fed: NOTHING }, data).output;
  const update =
    (direction: Direction) =>
    (key: Key, _iv: Uint8Array, runningState: RunningState, data: Uint8Array): CipherStep => {
      const { output, next } = feedback(mode, direction, key.value, decode(runningState), data);
      return { output, runningState: encode(next) };
    };
  const init = (_key: Key, iv: Uint8Array) => encode({ register: iv, fed: NOTHING });
  const final = (_key: Key, _iv: Uint8Array, runningState: RunningState) => {
    decode(runningState);
    return NOTHING;
  };
  return {
    inlineBytes,
    encrypt: whole("encrypt"),
    encryptInit: init,
    encryptUpdate: update("encrypt"),
    encryptFinal: final,
    decrypt: whole("decrypt"),
    decryptInit: init,
    decryptUpdate: update("decrypt"),
    decryptFinal: final,
  };
}

function encode({ register, fed }: FeedbackState): RunningState {
  return concatenate(Uint8Array.of(VERSION), register, fed);
}

function decode(runningState: RunningState): FeedbackState {
  const fed = runningState.subarray(1 + BLOCK_BYTES);
  if (runningState[0] !== VERSION || runningState.length < 1 + BLOCK_BYTES || fed.length >= BLOCK_BYTES) {
    throw ck.CkError.savedStateInvalid();
  }
  return { register: runningState.subarray(1, 1 + BLOCK_BYTES), fed };
}

const properties = { ...aes, flags: CRYPT, shape: "multi" } as const;

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_OFB, { ...properties, family: feedbackFamily("ofb", FAST_INLINE_BYTES) }),
  row(ck.CKM_AES_CFB8, { ...properties, family: feedbackFamily("cfb8", CFB8_INLINE_BYTES) }),
  row(ck.CKM_AES_CFB128, { ...properties, family: feedbackFamily("cfb", FAST_INLINE_BYTES) }),
];
