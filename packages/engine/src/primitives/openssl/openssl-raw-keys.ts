/**
 * The raw private key of a scheme with seeds (ML-DSA, ML-KEM) by Node's own OpenSSL: from version 26 on node:crypto exports the
 * seed alone. Part of openssl.ts, which opens the library; the same rules hold.
 */
import type { LibraryHandle } from "koffi";

/** What OpenSSL does with raw keys. */
export interface OpenSslRawKeys {
  /** The expanded private key of `length` bytes that the PKCS #8 holds or its seed expands to. Throws an Error otherwise. */
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
      // In: room for the key; out: its length.
      const room = new BigUint64Array([BigInt(length)]);
      const done = key !== null && read(key, bytes, room) === 1 && room[0] === BigInt(length);
      freeKey(key);
      if (done) return bytes;
      clearErrors();
      bytes.fill(0);
      throw new Error("OpenSSL has no such raw private key");
    },
  };
}
