/**
 * Encryption and decryption without padding, which ECB and CBC share. Input must be whole blocks; the output has the same
 * length.
 */
import * as ck from "@grep11/cryptoki";
import { FAST_INLINE_BYTES, type Family } from "../family.ts";
import * as blockMode from "./block-mode.ts";

/** Errors: CKR_DATA_LEN_RANGE or CKR_ENCRYPTED_DATA_LEN_RANGE unless the input is whole blocks. */
export const rawBlockFamily = {
  inlineBytes: blockMode.inlineBytesWith(FAST_INLINE_BYTES),
  encrypt(key, iv, plain) {
    if (plain.length % blockMode.blockBytesOf(key) !== 0) throw unevenPlain();
    return blockMode.cryptBlocks("encrypt", key, iv, plain);
  },
  encryptInit(_key, iv) {
    return blockMode.beginBlocks(iv);
  },
  encryptUpdate(key, iv, runningState, plain) {
    return blockMode.nextBlocks("encrypt", key, iv, runningState, plain, false);
  },
  encryptFinal(key, iv, runningState) {
    if (blockMode.restOfBlocks(key, iv, runningState).pending.length !== 0) throw unevenPlain();
    return new Uint8Array(0);
  },
  decrypt(key, iv, ciphered) {
    if (ciphered.length % blockMode.blockBytesOf(key) !== 0) throw unevenCiphered();
    return blockMode.cryptBlocks("decrypt", key, iv, ciphered);
  },
  decryptInit(_key, iv) {
    return blockMode.beginBlocks(iv);
  },
  decryptUpdate(key, iv, runningState, ciphered) {
    return blockMode.nextBlocks("decrypt", key, iv, runningState, ciphered, false);
  },
  decryptFinal(key, iv, runningState) {
    if (blockMode.restOfBlocks(key, iv, runningState).pending.length !== 0) throw unevenCiphered();
    return new Uint8Array(0);
  },
} as const satisfies Family<blockMode.Iv>;

function unevenPlain(): ck.CkError {
  return ck.CkError.dataLenRange("without padding the data is a whole number of blocks");
}

function unevenCiphered(): ck.CkError {
  return ck.CkError.encryptedDataLenRange("the ciphertext is a whole number of blocks");
}
