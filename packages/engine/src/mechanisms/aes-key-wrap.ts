/**
 * CKM_AES_KEY_WRAP (RFC 3394), CKM_AES_KEY_WRAP_KWP and its older name CKM_AES_KEY_WRAP_PAD (RFC 5649), both of NIST SP
 * 800-38F (PKCS #11 v3.2, 6.16.3). They wrap keys, and encrypt data of a key's kind, in one call.
 */
import { CKR_KEY_NOT_WRAPPABLE, CKR_WRAPPED_KEY_LEN_RANGE, CkError } from "@grep11/cryptoki";
import { isWrappable, isWrapped, type KeyWrap, keyUnwrap, keyWrap } from "../primitives/aes-key-wrap.ts";
import type { Family } from "./family.ts";

/**
 * The parameter is the initialisation vector. Secret keys go as their raw value, private keys as PrivateKeyInfo. Errors
 * besides the usual, for what does not fit KW's blocks: CKR_DATA_LEN_RANGE, CKR_ENCRYPTED_DATA_LEN_RANGE,
 * CKR_KEY_NOT_WRAPPABLE, CKR_WRAPPED_KEY_LEN_RANGE.
 */
export function aesKeyWrap(kind: KeyWrap): Family<Uint8Array> {
  const blocks = kind === "kw" ? "takes whole blocks of 8 bytes, at least two" : "takes at least one byte";
  return {
    encrypt(key, iv, plain) {
      if (!isWrappable(kind, plain.length)) throw CkError.dataLenRange(`the mechanism ${blocks}`);
      return keyWrap(kind, key.value, iv, plain);
    },
    decrypt(key, iv, ciphered) {
      if (!isWrapped(kind, ciphered.length)) throw CkError.encryptedDataLenRange("a wrapping has no such length");
      const plain = keyUnwrap(kind, key.value, iv, ciphered);
      if (plain === undefined) throw CkError.encryptedDataInvalid();
      return plain;
    },
    wrap(kek, iv, key) {
      if (!isWrappable(kind, key.value.length)) {
        throw new CkError(CKR_KEY_NOT_WRAPPABLE, `the mechanism ${blocks}; CKM_AES_KEY_WRAP_KWP wraps this key`);
      }
      return keyWrap(kind, kek.value, iv, key.value);
    },
    unwrap(kek, iv, wrapped) {
      if (!isWrapped(kind, wrapped.length)) {
        throw new CkError(CKR_WRAPPED_KEY_LEN_RANGE, "a wrapped key has no such length");
      }
      const value = keyUnwrap(kind, kek!.value, iv, wrapped);
      if (value === undefined) throw CkError.wrappedKeyInvalid();
      return { value };
    },
  };
}
