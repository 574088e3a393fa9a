/**
 * Reads the raw private key of a scheme with seeds (ML-DSA, ML-KEM) with Node's own OpenSSL: from version 26 on, node:crypto
 * exports only the seed. Part of openssl.ts, which loads the library; the same rules apply.
 */
import type { LibraryHandle } from "koffi";

/** Exports raw keys. */
export interface OpenSslRawKeys {
  /**
   * Returns the expanded private key, `length` bytes, that the PKCS #8 contains or that is expanded from its seed. Throws an
   * Error if there is none.
   */
  rawPrivateKey(privateKeyDer: Uint8Array, length: number): Uint8Array;
}

export function bindRawKeys(library: LibraryHandle, address: (bytes: Uint8Array) => bigint): OpenSslRawKeys {
  const readPrivateKey = library.func("void *d2i_AutoPrivateKey(void *unused, void *position, long length)");
  const freeKey = library.func("void EVP_PKEY_free(void *key)");
  const read = library.func("int EVP_PKEY_get_raw_private_key(void *key, void *bytes, void *length)");
  const clearErrors = library.func("void ERR_clear_error()");
  return {
    rawPrivateKey(privateKeyDer, length) {
      const key: bigint | null = readPrivateKey(
        null,
        new BigUint64Array([address(privateKeyDer)]),
        privateKeyDer.length,
      );
      const bytes = new Uint8Array(length);
      // Input: the size of the buffer in bytes. Output: the length of the key in bytes.
      const size = new BigUint64Array([BigInt(length)]);
      const done = key !== null && read(key, bytes, size) === 1 && size[0] === BigInt(length);
      freeKey(key);
      if (done) return bytes;
      clearErrors();
      bytes.fill(0);
      throw new Error("OpenSSL has no such raw private key");
    },
  };
}
