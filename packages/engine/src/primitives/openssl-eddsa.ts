/**
 * Ed25519ph and Ed448ph with Node's own OpenSSL: node:crypto takes a context, but not the pre-hashed forms. Part of
 * openssl.ts, which opens the library; the same rules hold.
 */
import type { LibraryHandle } from "koffi";

/** The pre-hashed forms (RFC 8032, 5.1 and 5.2). */
export type PrehashedEddsa = "Ed25519ph" | "Ed448ph";

/** What OpenSSL does with them. Keys are PKCS #8 and SubjectPublicKeyInfo as RFC 8410 has them. */
export interface OpenSslEddsa {
  /** The signature of a message, which OpenSSL hashes. `context` has at most 255 bytes. Throws an Error for other keys. */
  signPrehashed(
    scheme: PrehashedEddsa,
    privateKeyDer: Uint8Array,
    context: Uint8Array,
    message: Uint8Array,
  ): Uint8Array;
  /** Is it? Throws an Error for other keys. */
  verifyPrehashed(
    scheme: PrehashedEddsa,
    publicKeyDer: Uint8Array,
    context: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}

/** NIDs of the key types (obj_mac.h) and the lengths of signatures in bytes. */
const SCHEMES = {
  Ed25519ph: { keyType: 1087, signatureBytes: 64 },
  Ed448ph: { keyType: 1088, signatureBytes: 114 },
} as const satisfies Record<PrehashedEddsa, object>;

/** OSSL_PARAM (openssl/core.h): key, type, data, length, returned length, of 8 bytes each. */
const WORDS_OF_PARAM = 5;
const OSSL_PARAM_UTF8_STRING = 4n;
const OSSL_PARAM_OCTET_STRING = 5n;

export function bindEddsa(library: LibraryHandle, address: (bytes: Uint8Array) => bigint): OpenSslEddsa {
  const readPrivateKey = library.func("void *d2i_AutoPrivateKey(void *unused, void *position, long length)");
  const readPublicKey = library.func("void *d2i_PUBKEY(void *unused, void *position, long length)");
  const keyType = library.func("int EVP_PKEY_get_base_id(void *key)");
  const freeKey = library.func("void EVP_PKEY_free(void *key)");
  const newOperation = library.func("void *EVP_MD_CTX_new()");
  const freeOperation = library.func("void EVP_MD_CTX_free(void *operation)");
  const init =
    "(void *operation, void *unused, void *digest, void *library, void *properties, void *key, void *params)";
  const signInit = library.func(`int EVP_DigestSignInit_ex${init}`);
  const verifyInit = library.func(`int EVP_DigestVerifyInit_ex${init}`);
  const sign = library.func(
    "int EVP_DigestSign(void *operation, void *signature, void *signatureLength, const void *data, size_t length)",
  );
  const verify = library.func(
    "int EVP_DigestVerify(void *operation, const void *signature, size_t signatureLength, const void *data, size_t length)",
  );
  const clearErrors = library.func("void ERR_clear_error()");

  /** What `use` makes of an operation that is ready for one call. Everything C is pointed to lives until it returns. */
  function withOperation<T>(
    scheme: PrehashedEddsa,
    [read, begin]: readonly [typeof readPrivateKey, typeof signInit],
    der: Uint8Array,
    context: Uint8Array,
    use: (operation: bigint) => T,
  ): T {
    const strings = ["instance", scheme, "context-string"].map((text) => new TextEncoder().encode(`${text}\0`));
    const [instanceKey, instance, contextKey] = strings as [Uint8Array, Uint8Array, Uint8Array];
    // A pointer to nothing is refused even where there is nothing to point to.
    const data = context.length === 0 ? new Uint8Array(1) : context;
    const params = new BigUint64Array(3 * WORDS_OF_PARAM);
    params.set([address(instanceKey), OSSL_PARAM_UTF8_STRING, address(instance), BigInt(scheme.length)]);
    params.set([address(contextKey), OSSL_PARAM_OCTET_STRING, address(data), BigInt(context.length)], WORDS_OF_PARAM);
    const key: bigint | null = read(null, new BigUint64Array([address(der)]), der.length);
    const operation: bigint | null = newOperation();
    try {
      const fits = key !== null && operation !== null && keyType(key) === SCHEMES[scheme].keyType;
      if (!fits || begin(operation, null, null, null, null, key, params) !== 1) {
        throw new Error("OpenSSL takes no such key");
      }
      return use(operation);
    } finally {
      freeOperation(operation);
      freeKey(key);
      clearErrors();
    }
  }

  return {
    signPrehashed(scheme, privateKeyDer, context, message) {
      return withOperation(scheme, [readPrivateKey, signInit], privateKeyDer, context, (operation) => {
        const signature = new Uint8Array(SCHEMES[scheme].signatureBytes);
        const length = new BigUint64Array([BigInt(signature.length)]);
        if (sign(operation, signature, length, message, message.length) !== 1) throw new Error("EVP_DigestSign failed");
        return signature;
      });
    },
    verifyPrehashed(scheme, publicKeyDer, context, message, signature) {
      return withOperation(
        scheme,
        [readPublicKey, verifyInit],
        publicKeyDer,
        context,
        (operation) => verify(operation, signature, signature.length, message, message.length) === 1,
      );
    },
  };
}
