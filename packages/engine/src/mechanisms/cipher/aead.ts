/** The ciphers whose output ends in an authentication tag: AES-GCM and ChaCha20-Poly1305. */
import * as ck from "@grep11/cryptoki";
import type { Aead } from "../../primitives/symmetric/aead.ts";
import { type ChaChaPolyParameter, chachaPoly } from "../../primitives/symmetric/chacha20-poly1305.ts";
import { gcm } from "../../primitives/symmetric/gcm.ts";
import type { Family } from "../family.ts";
import { AEAD_SHAPES, aes, CRYPT, chachaKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

/**
 * Encryption works in parts. Decryption takes one call, so that no plaintext leaves before its tag is verified
 * (docs/adr/0007). Throws CKR_ENCRYPTED_DATA_LEN_RANGE for a ciphertext shorter than its tag, CKR_DATA_LEN_RANGE for a message
 * that is longer than the cipher allows.
 */
function aeadFamily<P>(aead: Aead<P>): Family<P> {
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

export const aesGcm = aeadFamily(gcm);

/** How many bytes of a part are processed inline: Poly1305 in parts runs in JavaScript, about 10 ms per MiB. */
const INLINE_PART_BYTES = 64 * 1024;

/** CKM_CHACHA20_POLY1305 (RFC 8439, 2.8; PKCS #11 v3.2, 6.61). */
export const chacha20Poly1305: Family<ChaChaPolyParameter> = {
  ...aeadFamily(chachaPoly),
  cost: (method, _key, [, , , plain]) =>
    method === "encryptUpdate" && (plain as Uint8Array).length > INLINE_PART_BYTES ? "worker" : "inline",
};

export const rows: readonly MechanismRow[] = [
  // GCM does not wrap keys: a caller who wraps two keys with the same IV can compute one key from the other.
  row(ck.CKM_AES_GCM, { ...aes, ...AEAD_SHAPES, flags: CRYPT, family: aesGcm }),
  row(ck.CKM_CHACHA20_POLY1305, { ...chachaKeys, ...AEAD_SHAPES, flags: CRYPT, family: chacha20Poly1305 }),
];
