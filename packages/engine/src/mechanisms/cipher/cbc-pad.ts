/** CKM_AES_CBC_PAD and CKM_DES3_CBC_PAD: CBC with PKCS #7 padding (PKCS #11 v3.2, 6.10.6 and 6.18). */

import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { padded, paddingLength } from "../../primitives/symmetric/block-cipher.ts";
import { FAST_INLINE_BYTES, type Family } from "../family.ts";
import { aes, CRYPT, des3, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import * as blockMode from "./block-mode.ts";

/**
 * CBC_PAD with the cipher of the key's type. It wraps secret keys as their raw value and private keys as PrivateKeyInfo.
 * Decryption in parts withholds the last block until more data arrives or the operation ends.
 */
export const cbcPad: Family<Uint8Array> = {
  inlineBytes: blockMode.inlineBytesWith(FAST_INLINE_BYTES),
  encrypt: encryptPadded,
  encryptInit(_key, iv) {
    return blockMode.beginBlocks(iv);
  },
  encryptUpdate(key, iv, runningState, plain) {
    return blockMode.nextBlocks("encrypt", key, iv, runningState, plain, false);
  },
  encryptFinal(key, iv, runningState) {
    const { chaining, pending } = blockMode.restOfBlocks(key, iv, runningState);
    return encryptPadded(key, chaining, pending);
  },
  decrypt(key, iv, ciphered) {
    if (!isWholeBlocks(key, ciphered)) throw unevenCiphered();
    return decryptPadded(key, iv, ciphered, ck.CkError.encryptedDataInvalid);
  },
  decryptInit(_key, iv) {
    return blockMode.beginBlocks(iv);
  },
  decryptUpdate(key, iv, runningState, ciphered) {
    return blockMode.nextBlocks("decrypt", key, iv, runningState, ciphered, true);
  },
  decryptFinal(key, iv, runningState) {
    const { chaining, pending } = blockMode.restOfBlocks(key, iv, runningState);
    if (!isWholeBlocks(key, pending)) throw unevenCiphered();
    return decryptPadded(key, chaining, pending, ck.CkError.encryptedDataInvalid);
  },
  wrap(kek, iv, key) {
    return encryptPadded(kek, iv, key.value);
  },
  unwrap(kek, iv, wrapped) {
    if (!isWholeBlocks(kek!, wrapped)) {
      throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, "a wrapped key is a whole number of blocks");
    }
    return { value: decryptPadded(kek!, iv, wrapped, ck.CkError.wrappedKeyInvalid) };
  },
};

function encryptPadded(key: Key, iv: blockMode.Iv, plain: Uint8Array): Uint8Array {
  const whole = padded(plain, blockMode.blockBytesOf(key));
  const ciphered = blockMode.cryptBlocks("encrypt", key, iv, whole);
  whole.fill(0);
  return ciphered;
}

/** Decrypts whole blocks and removes the padding. Throws `invalid()` if the last block does not end in padding. */
function decryptPadded(key: Key, iv: blockMode.Iv, ciphered: Uint8Array, invalid: () => ck.CkError): Uint8Array {
  const whole = blockMode.cryptBlocks("decrypt", key, iv, ciphered);
  const length = paddingLength(whole.subarray(-blockMode.blockBytesOf(key)));
  if (length === 0) {
    whole.fill(0);
    throw invalid();
  }
  return whole.subarray(0, whole.length - length);
}

function isWholeBlocks(key: Key, ciphered: Uint8Array): boolean {
  return ciphered.length > 0 && ciphered.length % blockMode.blockBytesOf(key) === 0;
}

function unevenCiphered(): ck.CkError {
  return ck.CkError.encryptedDataLenRange("the ciphertext is a whole number of blocks, at least one");
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_CBC_PAD, { ...aes, flags: CRYPT | TRANSPORT, shape: "multi", family: cbcPad }),
  row(ck.CKM_DES3_CBC_PAD, { ...des3, flags: CRYPT | TRANSPORT, shape: "multi", family: cbcPad }),
];
