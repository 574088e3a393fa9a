import { createCipheriv, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BLOCK_BYTES, type BlockCipher, crypt } from "./block-cipher.ts";

describe.each<[BlockCipher, number, string]>([
  ["aes", 16, "aes-128"],
  ["aes", 24, "aes-192"],
  ["aes", 32, "aes-256"],
  ["des3", 16, "des-ede"],
  ["des3", 24, "des-ede3"],
])("CBC of %s with %i bytes of key", (cipher, keyBytes, name) => {
  const block = BLOCK_BYTES[cipher];
  const key = new Uint8Array(randomBytes(keyBytes));
  const opensslCbc = (iv: Uint8Array, data: Uint8Array) =>
    new Uint8Array(createCipheriv(`${name}-cbc`, key, iv).setAutoPadding(false).update(data));

  it("agrees with OpenSSL for many messages, long and short, encrypting and decrypting in any order", () => {
    for (const blocks of [1, 2, 64, 1, 1024, 3000, 5, 1]) {
      const iv = new Uint8Array(randomBytes(block));
      const data = new Uint8Array(randomBytes(blocks * block));
      const ciphered = crypt("encrypt", cipher, key, iv, data);
      expect(ciphered).toEqual(opensslCbc(iv, data));
      expect(crypt("decrypt", cipher, key, iv, ciphered)).toEqual(data);
    }
  });

  it("does not depend on earlier messages of this or another key", () => {
    const iv = new Uint8Array(block).fill(7);
    const data = new Uint8Array(4 * block).fill(9);
    const first = crypt("encrypt", cipher, key, iv, data);
    crypt("encrypt", cipher, new Uint8Array(randomBytes(keyBytes)), iv, data);
    crypt("encrypt", cipher, key, undefined, data);
    expect(crypt("encrypt", cipher, key, iv, data)).toEqual(first);
    expect(data).toEqual(new Uint8Array(4 * block).fill(9));
  });
});
