/** Reads raw private keys with Node's own OpenSSL (openssl.ts), because node:crypto exports only the seed from Node 26 on. */
import type { LibraryHandle } from "koffi";

export interface OpenSslRawKeys {
  /**
   * Returns the expanded private key, which has `length` bytes. Throws an Error if the PKCS #8 contains no expanded key
   * of this length.
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
      // On input, this is the size of the buffer in bytes; on output, it is the length of the key.
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
