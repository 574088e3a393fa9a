/** AES key wrap: KW (RFC 3394) and KWP (RFC 5649), both in NIST SP 800-38F (PKCS #11 v3.2, 6.16.3). */
import * as ck from "@grep11/cryptoki";
import { EncodingError, readSequenceLength } from "@grep11/encoding";
import type { UnwrapTarget } from "../../objects/unwrapped.ts";
import {
  isWrappable,
  isWrapped,
  type KeyWrap,
  keyUnwrap,
  keyWrap,
  keyWrapPaddedLength,
} from "../../primitives/symmetric/aes-key-wrap.ts";
import { type Family, KEY_WRAP_INLINE_BYTES } from "../family.ts";
import { aes, CRYPT, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

/**
 * The parameter is the initialisation vector. Secret keys are wrapped as their raw value, private keys as PrivateKeyInfo,
 * both of any length: KW pads them with zeros. Data that does not fit the blocks of KW causes CKR_DATA_LEN_RANGE,
 * CKR_ENCRYPTED_DATA_LEN_RANGE or CKR_WRAPPED_KEY_LEN_RANGE.
 */
export function aesKeyWrap(kind: KeyWrap): Family<Uint8Array> {
  const blocks = kind === "kw" ? "takes whole blocks of 8 bytes, at least two" : "takes at least one byte";
  return {
    inlineBytes: KEY_WRAP_INLINE_BYTES,
    encrypt(key, iv, plain) {
      if (!isWrappable(kind, plain.length)) throw ck.CkError.dataLenRange(`the mechanism ${blocks}`);
      return keyWrap(kind, key.value, iv, plain);
    },
    decrypt(key, iv, ciphered) {
      if (!isWrapped(kind, ciphered.length)) throw ck.CkError.encryptedDataLenRange("a wrapping has no such length");
      const plain = keyUnwrap(kind, key.value, iv, ciphered);
      if (plain === undefined) throw ck.CkError.encryptedDataInvalid();
      return plain;
    },
    wrap(kek, iv, key) {
      if (kind === "kwp") return keyWrap(kind, kek.value, iv, key.value);
      const padded = new Uint8Array(keyWrapPaddedLength(key.value.length));
      padded.set(key.value);
      const wrapped = keyWrap(kind, kek.value, iv, padded);
      padded.fill(0);
      return wrapped;
    },
    unwrap(kek, iv, wrapped, target) {
      if (!isWrapped(kind, wrapped.length)) {
        throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, "a wrapped key has no such length");
      }
      const value = keyUnwrap(kind, kek!.value, iv, wrapped);
      if (value === undefined) throw ck.CkError.wrappedKeyInvalid();
      return { value: kind === "kw" ? withoutPadding(value, target) : value };
    },
  };
}

/**
 * Removes the zeros that KW appended to a key (PKCS #11 v3.2, 6.16.3). The length of a private key is in its encoding, that of
 * a secret key is CKA_VALUE_LEN; without CKA_VALUE_LEN there is no padding. Throws CKR_WRAPPED_KEY_INVALID unless the padding
 * is exactly what wrapping adds.
 */
function withoutPadding(value: Uint8Array, target: UnwrapTarget): Uint8Array {
  const length = target.objectClass === ck.CKO_PRIVATE_KEY ? derLength(value) : (target.valueLen ?? value.length);
  if (length >= value.length) return value;
  const isPadding = keyWrapPaddedLength(length) === value.length && value.subarray(length).every((byte) => byte === 0);
  if (!isPadding) throw ck.CkError.wrappedKeyInvalid();
  return value.subarray(0, length);
}

function derLength(value: Uint8Array): number {
  try {
    return readSequenceLength(value);
  } catch (error) {
    if (error instanceof EncodingError) throw ck.CkError.wrappedKeyInvalid();
    throw error;
  }
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_KEY_WRAP, { ...aes, flags: CRYPT | TRANSPORT, family: aesKeyWrap("kw") }),
  row(ck.CKM_AES_KEY_WRAP_PAD, { ...aes, flags: CRYPT | TRANSPORT, family: aesKeyWrap("kwp") }),
  row(ck.CKM_AES_KEY_WRAP_KWP, { ...aes, flags: CRYPT | TRANSPORT, family: aesKeyWrap("kwp") }),
];
