/**
 * AEAD ciphers (PKCS #11 v3.2, 6.13.2 and 6.61): the ciphertext is followed by the tag. Encryption works in parts;
 * decryption only in one call, so that no plaintext leaves before its tag is verified (docs/adr/0007).
 */
import * as ck from "@grep11/cryptoki";
import type { Aead } from "../../primitives/symmetric/aead.ts";
import type { Family } from "../family.ts";

/**
 * Returns the family of `aead`. Errors in addition to those of all ciphers: CKR_ENCRYPTED_DATA_LEN_RANGE for a ciphertext
 * shorter than its tag, CKR_DATA_LEN_RANGE for a message that is longer than the cipher allows.
 */
export function aeadFamily<P>(aead: Aead<P>): Family<P> {
  function requireState(runningState: Uint8Array, parameter: P): void {
    if (!aead.isState(runningState, parameter)) throw ck.CkError.savedStateInvalid();
  }
  return {
    encrypt: (key, parameter, plain) => aead.seal(key.value, parameter, plain),
    encryptInit: (key, parameter) => aead.init(key.value, parameter),
    encryptUpdate(key, parameter, runningState, plain) {
      requireState(runningState, parameter);
      if (aead.bytesSeen(runningState, parameter) + plain.length > aead.maxBytes) {
        throw ck.CkError.dataLenRange(`a message has at most ${aead.maxBytes} bytes`);
      }
      const { state, ciphered } = aead.update(key.value, parameter, runningState, plain);
      return { output: ciphered, runningState: state };
    },
    encryptFinal(key, parameter, runningState) {
      requireState(runningState, parameter);
      return aead.final(key.value, parameter, runningState);
    },
    decrypt(key, parameter, ciphered) {
      if (ciphered.length < aead.tagBytes(parameter)) {
        throw ck.CkError.encryptedDataLenRange("the ciphertext is shorter than its tag");
      }
      const plain = aead.open(key.value, parameter, ciphered);
      if (plain === undefined) throw ck.CkError.encryptedDataInvalid();
      return plain;
    },
  };
}
