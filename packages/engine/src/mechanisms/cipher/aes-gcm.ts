/**
 * CKM_AES_GCM (NIST SP 800-38D; PKCS #11 v3.2, 6.13.2): the cipher text with the tag behind it. Encryption works in
 * parts, with the cipher's own running state; decryption only in one call (docs/adr/0007).
 */
import * as ck from "@grep11/cryptoki";
import {
  GCM_MAX_BYTES,
  type GcmParameter,
  gcmBytes,
  gcmFinal,
  gcmInit,
  gcmOpen,
  gcmSeal,
  gcmUpdate,
  isGcmState,
} from "../../primitives/symmetric/gcm.ts";
import type { Family } from "../family.ts";

/** Errors besides the usual: CKR_ENCRYPTED_DATA_LEN_RANGE for what is shorter than a tag, CKR_DATA_LEN_RANGE beyond 64 GiB. */
export const aesGcm: Family<GcmParameter> = {
  encrypt: (key, parameter, plain) => gcmSeal(key.value, parameter, plain),
  encryptInit: (key, parameter) => gcmInit(key.value, parameter),
  encryptUpdate(key, parameter, runningState, plain) {
    requireState(runningState, parameter);
    if (gcmBytes(runningState, parameter) + plain.length > GCM_MAX_BYTES) {
      throw ck.CkError.dataLenRange(`a message has at most ${GCM_MAX_BYTES} bytes`);
    }
    const { state, ciphered } = gcmUpdate(key.value, parameter, runningState, plain);
    return { output: ciphered, runningState: state };
  },
  encryptFinal(key, parameter, runningState) {
    requireState(runningState, parameter);
    return gcmFinal(key.value, parameter, runningState);
  },
  decrypt(key, parameter, ciphered) {
    if (ciphered.length < parameter.tagBytes) throw ck.CkError.encryptedDataLenRange("the cipher text ends in a tag");
    const plain = gcmOpen(key.value, parameter, ciphered);
    if (plain === undefined) throw ck.CkError.encryptedDataInvalid();
    return plain;
  },
};

function requireState(runningState: Uint8Array, parameter: GcmParameter): void {
  if (!isGcmState(runningState, parameter)) throw ck.CkError.savedStateInvalid();
}
