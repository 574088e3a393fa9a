/** AES-CCM (NIST SP 800-38C) for whole messages. */
import { type CipherCCMTypes, createCipheriv, createDecipheriv } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { secretKeyObject } from "../keys/key-objects.ts";

interface CcmParameter {
  /**
   * The nonce has 7 to 13 bytes and must never be reused with the same key. The longer the nonce is, the shorter is the
   * longest message.
   */
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  /** Length of the tag in bytes: 4, 6, 8, 10, 12, 14 or 16. */
  readonly macLength: number;
}

/** Returns ciphertext ‖ tag. */
export function ccmSeal(key: Uint8Array, { nonce, aad, macLength }: CcmParameter, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ccmName(key), secretKeyObject(key), nonce, { authTagLength: macLength });
  cipher.setAAD(aad, { plaintextLength: plain.length });
  return concatenate(cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** Returns the plaintext of ciphertext ‖ tag; undefined if the tag is wrong. */
export function ccmOpen(
  key: Uint8Array,
  { nonce, aad, macLength }: CcmParameter,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < macLength) return undefined;
  const ciphered = sealed.subarray(0, sealed.length - macLength);
  const decipher = createDecipheriv(ccmName(key), secretKeyObject(key), nonce, { authTagLength: macLength });
  decipher.setAuthTag(sealed.subarray(ciphered.length));
  decipher.setAAD(aad, { plaintextLength: ciphered.length });
  try {
    const plain = decipher.update(ciphered);
    decipher.final();
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
  } catch {
    return undefined;
  }
}

function ccmName(key: Uint8Array): CipherCCMTypes {
  return `aes-${(key.length * 8) as 128 | 192 | 256}-ccm`;
}
