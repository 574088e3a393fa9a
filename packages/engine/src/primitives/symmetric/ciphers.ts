import { type CipherGCMTypes, createCipheriv, createDecipheriv, createSecretKey } from "node:crypto";
import { concatenate } from "@grep11/encoding";

export type Direction = "encrypt" | "decrypt";

export interface AeadInputs {
  readonly name: CipherGCMTypes | "chacha20-poly1305";
  readonly key: Uint8Array;
  /** A nonce must never be reused with the same key. */
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  /** In bytes. */
  readonly tagLength: number;
}

/** Symmetric ciphers by their names in OpenSSL. */
export interface Ciphers {
  /** Encrypts or decrypts without padding. `iv` is undefined for ECB. Throws an Error for arguments of the wrong length. */
  crypt(
    name: string,
    direction: Direction,
    key: Uint8Array,
    iv: Uint8Array | undefined,
    data: Uint8Array,
  ): Uint8Array<ArrayBuffer>;
  /** Returns ciphertext ‖ tag. */
  seal(inputs: AeadInputs, plain: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Returns undefined if the tag is wrong. `sealed`, which is ciphertext ‖ tag, is at least as long as a tag. */
  open(inputs: AeadInputs, sealed: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
}

/** The ciphers of node:crypto. Keys are passed as KeyObjects, which node:crypto accepts faster than bytes. */
export const NODE_CIPHERS: Ciphers = {
  crypt(name, direction, key, iv, data) {
    const create = direction === "encrypt" ? createCipheriv : createDecipheriv;
    return bytesOf(
      create(name, createSecretKey(key), iv ?? null)
        .setAutoPadding(false)
        .update(data),
    );
  },
  seal({ name, key, nonce, aad, tagLength }, plain) {
    // `name` can be any AEAD, because node:crypto treats all of them alike. Its type definitions have no common type
    // for AEADs.
    const cipher = createCipheriv(name as CipherGCMTypes, createSecretKey(key), nonce, {
      authTagLength: tagLength,
    }).setAAD(aad);
    return concatenate(cipher.update(plain), cipher.final(), cipher.getAuthTag());
  },
  open({ name, key, nonce, aad, tagLength }, sealed) {
    const tagAt = sealed.length - tagLength;
    const decipher = createDecipheriv(name as CipherGCMTypes, createSecretKey(key), nonce, {
      authTagLength: tagLength,
    }).setAAD(aad);
    const plain = bytesOf(decipher.setAuthTag(sealed.subarray(tagAt)).update(sealed.subarray(0, tagAt)));
    try {
      decipher.final();
      return plain;
    } catch {
      plain.fill(0);
      return undefined;
    }
  },
};

function bytesOf(output: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(output.buffer, output.byteOffset, output.length);
}
