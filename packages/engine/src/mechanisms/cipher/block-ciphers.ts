/** AES and triple DES in ECB and CBC mode, and in CBC mode with padding (NIST SP 800-38A, 6.1 and 6.2). */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { padded, paddingLength } from "../../primitives/symmetric/block-cipher.ts";
import { FAST_INLINE_BYTES, type Family } from "../family.ts";
import { aes, CRYPT, des3, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import * as blockMode from "./block-mode.ts";

/** Throws CKR_DATA_LEN_RANGE or CKR_ENCRYPTED_DATA_LEN_RANGE unless the input is whole blocks. */
const unpadded = {
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

function unevenCiphered(atLeast = ""): ck.CkError {
  return ck.CkError.encryptedDataLenRange(`the ciphertext is a whole number of blocks${atLeast}`);
}

/** ECB has no `wrap` and no `unwrap`, because EP11 does not wrap keys with ECB. */
export const ecb: Family<undefined> = unpadded;

/** Wraps only secret keys that consist of whole blocks; private keys need CBC_PAD. */
export const cbc: Family<Uint8Array> = {
  ...unpadded,
  wrap(kek, iv, key) {
    if (key.objectClass !== ck.CKO_SECRET_KEY || key.value.length % blockMode.blockBytesOf(kek) !== 0) {
      throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "CBC without padding wraps secret keys of whole blocks only");
    }
    return blockMode.cryptBlocks("encrypt", kek, iv, key.value);
  },
  unwrap(kek, iv, wrapped, target) {
    if (target.objectClass !== ck.CKO_SECRET_KEY) {
      throw ck.CkError.templateInconsistent("CBC without padding transports secret keys only");
    }
    if (!isWholeBlocks(kek!, wrapped)) {
      throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, "a wrapped key is a whole number of blocks");
    }
    return { value: blockMode.cryptBlocks("decrypt", kek!, iv, wrapped) };
  },
};

const AT_LEAST_ONE = ", at least one";

/**
 * CBC with PKCS #7 padding (PKCS #11 v3.2, 6.10.6 and 6.18). It wraps private keys too, as PrivateKeyInfo. Decryption in parts
 * withholds the last block until more data arrives or the operation ends.
 */
export const cbcPad: Family<Uint8Array> = {
  ...unpadded,
  encrypt: encryptPadded,
  encryptFinal(key, iv, runningState) {
    const { chaining, pending } = blockMode.restOfBlocks(key, iv, runningState);
    return encryptPadded(key, chaining, pending);
  },
  decrypt(key, iv, ciphered) {
    if (!isWholeBlocks(key, ciphered)) throw unevenCiphered(AT_LEAST_ONE);
    return decryptPadded(key, iv, ciphered, ck.CkError.encryptedDataInvalid);
  },
  decryptUpdate(key, iv, runningState, ciphered) {
    return blockMode.nextBlocks("decrypt", key, iv, runningState, ciphered, true);
  },
  decryptFinal(key, iv, runningState) {
    const { chaining, pending } = blockMode.restOfBlocks(key, iv, runningState);
    if (!isWholeBlocks(key, pending)) throw unevenCiphered(AT_LEAST_ONE);
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

/** Throws `invalid()` if the last block does not end in padding. */
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

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_ECB, { ...aes, flags: CRYPT, shape: "multi", family: ecb }),
  row(ck.CKM_DES3_ECB, { ...des3, flags: CRYPT, shape: "multi", family: ecb }),
  row(ck.CKM_AES_CBC, { ...aes, flags: CRYPT | TRANSPORT, shape: "multi", family: cbc }),
  row(ck.CKM_DES3_CBC, { ...des3, flags: CRYPT | TRANSPORT, shape: "multi", family: cbc }),
  row(ck.CKM_AES_CBC_PAD, { ...aes, flags: CRYPT | TRANSPORT, shape: "multi", family: cbcPad }),
  row(ck.CKM_DES3_CBC_PAD, { ...des3, flags: CRYPT | TRANSPORT, shape: "multi", family: cbcPad }),
];
